; Two parcels cross the town; the fuel lasts for five drives, and four are needed.
(define (problem courier-round)
  (:domain courier)
  (:objects depot market school mill - place letter crate - parcel full four three two one empty - level)
  (:init
    (courier-at depot) (fuel full) (lies letter market) (lies crate school)
    (next full four) (next four three) (next three two) (next two one) (next one empty)
    (road depot market) (road market depot) (= (length depot market) 2) (= (length market depot) 2)
    (road market school) (road school market) (= (length market school) 3) (= (length school market) 3)
    (road school mill) (road mill school) (= (length school mill) 2) (= (length mill school) 2)
    (road depot mill) (road mill depot) (= (length depot mill) 4) (= (length mill depot) 4))
  (:goal (and (lies letter mill) (lies crate depot)))
  (:metric minimize (total-cost)))
