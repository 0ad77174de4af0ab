"""What is installed, what the machine has, and whether predicting works: `cinesent doctor`.

What is wrong with an installation is reported, never raised. All results are plain data.
"""

from cinesent.doctor.checks import CacheFolder, ModelCheck, Problem
from cinesent.doctor.diagnose import Diagnosis, diagnose

__all__ = ["CacheFolder", "Diagnosis", "ModelCheck", "Problem", "diagnose"]
