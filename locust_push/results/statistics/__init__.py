"""Signal and noise: changes between runs, and their certainty. Pure, standard library only.

``distribution`` has one row's response times as a curve; ``probability`` the distributions that limits come from;
``noise`` differences between runs without a change; ``changes`` changes beyond that; ``against`` a run as a whole;
``change_points`` the points in a series of runs at which a measure changed.
"""
