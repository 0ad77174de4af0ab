"""What can be said of an installation without asking its owner: versions, machine, model, folders.

Nothing here may stop at what is wrong with the installation: that is what it reports.
"""

from cinesent.doctor.diagnose import Diagnosis, diagnose
from cinesent.doctor.problem import Problem

__all__ = ["Diagnosis", "Problem", "diagnose"]
