"""Audit of labels and texts: likely wrong labels, contradictions, near duplicates, leaks."""

from cinesent.audit.findings import AuditFinding, LabelAudit
from cinesent.audit.label_audit import audit_labels

__all__ = ["AuditFinding", "LabelAudit", "audit_labels"]
