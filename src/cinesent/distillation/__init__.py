"""What a student learns beside the labelled reviews: outside data, and the labels of a teacher.

Nothing here needs a framework: the teacher is in :mod:`cinesent.encoder`, the student's training in
:mod:`cinesent.training`.
"""
