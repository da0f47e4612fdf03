"""Signal and noise: what a change between runs is, and how sure it is. Pure, standard library only.

``distribution`` is one row's response times as a curve; ``probability`` the distributions that limits are taken from;
``noise`` what runs differ by without any change; ``changes`` what of a change is more; ``against`` a run as a whole;
``change_points`` since when many runs are as they are.
"""
