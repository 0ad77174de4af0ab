"""What is installed, what the machine has, and whether predicting works: `cinesent doctor`.

Whatever is wrong with an installation is reported, never raised. Everything found is plain data.
"""

from cinesent.doctor.checks import CacheFolder, ModelCheck, Problem
from cinesent.doctor.diagnose import Diagnosis, diagnose

__all__ = ["CacheFolder", "Diagnosis", "ModelCheck", "Problem", "diagnose"]
