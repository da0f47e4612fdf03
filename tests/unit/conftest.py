from hypothesis import HealthCheck, settings

# The same examples in every run and no clock: a busy machine is no reason to fail.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
