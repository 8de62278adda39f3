; Two cars change harbors; the ferry waits at a third.
(define (problem ferry-swap)
  (:domain ferry)
  (:objects north south west - harbor red blue - car)
  (:init (ferry-at west) (parked red north) (parked blue south))
  (:goal (and (parked red south) (parked blue north))))
