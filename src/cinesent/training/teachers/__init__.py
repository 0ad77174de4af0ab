"""Teachers: models that label the unlabelled reviews for the network that is trained.

All have the interface of :class:`~cinesent.training.teachers.teacher.Teacher`; the stage
:mod:`cinesent.training.teaching` does not know which kind it has.
"""
