; A ferry that carries one car at a time between harbors.
(define (domain ferry)
  (:requirements :strips :typing :negative-preconditions)
  (:types harbor car)
  (:predicates
    (ferry-at ?where - harbor)
    (parked ?what - car ?where - harbor)
    (aboard ?what - car)
    (loaded))
  (:action sail
    :parameters (?from ?to - harbor)
    :precondition (and (ferry-at ?from) (not (ferry-at ?to)))
    :effect (and (ferry-at ?to) (not (ferry-at ?from))))
  (:action board
    :parameters (?what - car ?where - harbor)
    :precondition (and (parked ?what ?where) (ferry-at ?where) (not (loaded)))
    :effect (and (aboard ?what) (loaded) (not (parked ?what ?where))))
  (:action land
    :parameters (?what - car ?where - harbor)
    :precondition (and (aboard ?what) (ferry-at ?where))
    :effect (and (parked ?what ?where) (not (aboard ?what)) (not (loaded)))))
