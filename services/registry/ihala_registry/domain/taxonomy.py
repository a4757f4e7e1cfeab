"""The service taxonomy: which services a facility can offer, in three languages.

A code, once published, keeps its meaning for good. A new code, or a better name, is a new
``VERSION``; a code is retired by leaving it here with ``active`` false, never by removing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ihala_registry.domain.values import LocalisedText

VERSION = "2026.1"


class ServiceKind(StrEnum):
    """Which rules a referral for the service follows."""

    MEDICAL = "medical"
    PROTECTION = "protection"


@dataclass(frozen=True, slots=True)
class ServiceType:
    """One kind of service."""

    code: str
    kind: ServiceKind
    name: LocalisedText
    active: bool = True


def _medical(code: str, ar: str, fr: str, en: str) -> ServiceType:
    return ServiceType(code, ServiceKind.MEDICAL, LocalisedText(ar, fr, en))


def _protection(code: str, ar: str, fr: str, en: str) -> ServiceType:
    return ServiceType(code, ServiceKind.PROTECTION, LocalisedText(ar, fr, en))


_ALL = (
    _medical("outpatient_care", "عيادات خارجية", "Consultations externes", "Outpatient care"),
    _medical("emergency_care", "إسعاف وطوارئ", "Urgences", "Emergency care"),
    _medical("surgery", "جراحة", "Chirurgie", "Surgery"),
    _medical("obstetrics", "توليد وأمومة", "Obstétrique", "Obstetrics"),
    _medical("neonatal", "رعاية حديثي الولادة", "Néonatologie", "Neonatal care"),
    _medical("paediatrics", "طب الأطفال", "Pédiatrie", "Paediatrics"),
    _medical("internal_medicine", "أمراض داخلية", "Médecine interne", "Internal medicine"),
    _medical("intensive_care", "عناية مشددة", "Soins intensifs", "Intensive care"),
    _medical("dialysis", "غسيل كلى", "Dialyse", "Dialysis"),
    _medical("physiotherapy", "علاج فيزيائي", "Kinésithérapie", "Physiotherapy"),
    _medical(
        "prosthetics_orthotics",
        "أطراف صناعية وأجهزة تقويمية",
        "Prothèses et orthèses",
        "Prosthetics and orthotics",
    ),
    _medical("radiotherapy", "علاج إشعاعي", "Radiothérapie", "Radiotherapy"),
    _medical("chemotherapy", "علاج كيميائي", "Chimiothérapie", "Chemotherapy"),
    _medical(
        "oncology_diagnostics", "تشخيص الأورام", "Diagnostic oncologique", "Oncology diagnostics"
    ),
    _medical("imaging_xray", "تصوير بالأشعة السينية", "Radiographie", "X-ray imaging"),
    _medical("imaging_ct", "تصوير طبقي محوري", "Scanner", "CT imaging"),
    _medical("imaging_mri", "تصوير بالرنين المغناطيسي", "IRM", "MRI"),
    _medical("imaging_mammography", "تصوير الثدي الشعاعي", "Mammographie", "Mammography"),
    _medical("laboratory", "مخبر تحاليل", "Laboratoire d'analyses", "Laboratory"),
    _medical(
        "hepatitis_testing",
        "فحص التهاب الكبد B وC",
        "Dépistage des hépatites B et C",
        "Hepatitis B and C testing",
    ),
    _medical("blood_bank", "بنك دم", "Banque de sang", "Blood bank"),
    _medical("vaccination", "تلقيح", "Vaccination", "Vaccination (EPI)"),
    _medical(
        "mental_health",
        "صحة نفسية ودعم نفسي اجتماعي",
        "Santé mentale et soutien psychosocial",
        "Mental health and psychosocial support",
    ),
    _medical(
        "clinical_management_of_rape",
        "التدبير السريري لحالات الاغتصاب",
        "Prise en charge clinique du viol",
        "Clinical management of rape",
    ),
    _medical("dental", "طب الأسنان", "Soins dentaires", "Dental care"),
    _medical("eye", "طب العيون", "Ophtalmologie", "Eye care"),
    _medical("nutrition", "تغذية", "Nutrition", "Nutrition"),
    _protection("case_management", "إدارة حالة", "Gestion de cas", "Case management"),
    _protection(
        "gbv_case_management",
        "إدارة حالات العنف القائم على النوع الاجتماعي",
        "Gestion de cas de VBG",
        "GBV case management",
    ),
    _protection("child_protection", "حماية الطفل", "Protection de l'enfance", "Child protection"),
    _protection("legal_aid", "مساعدة قانونية", "Aide juridique", "Legal aid"),
    _protection("safe_space", "مساحة آمنة", "Espace sûr", "Safe space"),
    _protection("civil_documentation", "وثائق مدنية", "État civil", "Civil documentation"),
    _protection("education", "تعليم", "Éducation", "Education"),
    _protection(
        "vocational_training", "تدريب مهني", "Formation professionnelle", "Vocational training"
    ),
)

SERVICE_TYPES: dict[str, ServiceType] = {service.code: service for service in _ALL}


def is_offered(code: str) -> bool:
    """Whether a facility may offer a service of this code."""
    return code in SERVICE_TYPES and SERVICE_TYPES[code].active
