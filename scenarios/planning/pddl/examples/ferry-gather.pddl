; Three cars come together in the west, and the ferry must not stay there.
(define (problem ferry-gather)
  (:domain ferry)
  (:objects north south west - harbor red blue green - car)
  (:init (ferry-at north) (parked red north) (parked blue south) (parked green south))
  (:goal (and (parked red west) (parked blue west) (parked green west) (not (ferry-at west)))))
