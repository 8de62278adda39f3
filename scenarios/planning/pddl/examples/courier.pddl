; A courier on roads of different lengths, with fuel for a few drives: a wasted drive can lose the goal for good.
(define (domain courier)
  (:requirements :strips :typing :action-costs)
  (:types place parcel level)
  (:predicates
    (road ?from ?to - place)
    (next ?more ?less - level)
    (courier-at ?where - place)
    (fuel ?left - level)
    (lies ?what - parcel ?where - place)
    (carries ?what - parcel))
  (:functions (length ?from ?to - place) - number (total-cost) - number)
  (:action drive
    :parameters (?from ?to - place ?more ?less - level)
    :precondition (and (courier-at ?from) (road ?from ?to) (fuel ?more) (next ?more ?less))
    :effect (and (courier-at ?to) (fuel ?less) (not (courier-at ?from)) (not (fuel ?more))
                 (increase (total-cost) (length ?from ?to))))
  (:action collect
    :parameters (?what - parcel ?where - place)
    :precondition (and (courier-at ?where) (lies ?what ?where))
    :effect (and (carries ?what) (not (lies ?what ?where)) (increase (total-cost) 1)))
  (:action deliver
    :parameters (?what - parcel ?where - place)
    :precondition (and (courier-at ?where) (carries ?what))
    :effect (and (lies ?what ?where) (not (carries ?what)) (increase (total-cost) 1))))
