"""What problems are called, and what to do about the common ones, in English, Arabic and French."""

from __future__ import annotations

TITLES: dict[str, tuple[str, str, str]] = {
    "bad-request": ("The request cannot be read", "تعذّرت قراءة الطلب", "La requête est illisible"),
    "invalid": (
        "Something in the request is wrong",
        "في الطلب خطأ",
        "La requête contient une erreur",
    ),
    "unauthenticated": ("Sign in first", "سجّل الدخول أولاً", "Authentifiez-vous d’abord"),
    "forbidden": ("You may not do this", "لا يحق لك القيام بذلك", "Vous n’y êtes pas autorisé"),
    "not-found": ("Not found", "غير موجود", "Introuvable"),
    "method-not-allowed": ("Not done this way", "طريقة غير مسموحة", "Méthode non autorisée"),
    "conflict": ("Not possible now", "غير ممكن الآن", "Impossible pour le moment"),
    "changed-meanwhile": ("Changed meanwhile", "تغيّر في هذه الأثناء", "Modifié entre-temps"),
    "already-exists": ("Already there", "موجود مسبقاً", "Existe déjà"),
    "stale": ("No longer the current version", "لم تعد النسخة الحالية", "Version dépassée"),
    "too-large": ("Too large", "كبير جداً", "Trop volumineux"),
    "uri-too-long": ("The address is too long", "العنوان طويل جداً", "L’adresse est trop longue"),
    "unsupported-media-type": (
        "Wrong content type",
        "نوع المحتوى غير مقبول",
        "Type de contenu refusé",
    ),
    "idempotency-key-reused": (
        "Idempotency-Key used before",
        "سبق استخدام مفتاح الطلب",
        "Idempotency-Key déjà utilisée",
    ),
    "precondition-required": ("Say which version", "حدّد النسخة", "Précisez la version"),
    "too-many-requests": ("Too many requests", "طلبات كثيرة جداً", "Trop de requêtes"),
    "unavailable": ("Not available now", "غير متاح الآن", "Indisponible pour le moment"),
    "internal": ("We made a mistake", "حدث خطأ من جانبنا", "Erreur de notre part"),
}
"""Titles by kind, in English, Arabic and French."""

ADVICE: dict[str, tuple[str, str]] = {
    "unauthenticated": (
        "أرسل رمز دخول صالحاً في الترويسة Authorization.",
        "Envoyez un jeton valide dans l’en-tête Authorization.",
    ),
    "forbidden": (
        "دورك لا يسمح بهذا الإجراء. اطلبه ممن يملك الصلاحية.",
        "Votre rôle ne le permet pas. Demandez-le à une personne habilitée.",
    ),
    "not-found": (
        "لا يوجد شيء بهذا العنوان، أو لا يحق لك الاطلاع عليه.",
        "Il n’y a rien à cette adresse, ou vous ne pouvez pas le voir.",
    ),
    "invalid": (
        "صحّح الحقول المذكورة في errors ثم أعد الإرسال.",
        "Corrigez les champs cités dans errors, puis renvoyez la requête.",
    ),
    "stale": (
        "غيّره شخص آخر. اقرأ النسخة الحالية ثم أعد المحاولة.",
        "Quelqu’un l’a modifié. Relisez la version actuelle et recommencez.",
    ),
    "changed-meanwhile": (
        "غيّره شخص آخر في هذه الأثناء. اقرأه من جديد ثم أعد المحاولة.",
        "Quelqu’un l’a modifié entre-temps. Relisez puis recommencez.",
    ),
    "precondition-required": (
        "اقرأ المورد أولاً، ثم أرسل قيمة ETag في الترويسة If-Match.",
        "Lisez d’abord la ressource, puis envoyez son ETag dans If-Match.",
    ),
    "unsupported-media-type": (
        "أرسل المحتوى بصيغة application/json وبترميز UTF-8.",
        "Envoyez le corps en application/json, encodé en UTF-8.",
    ),
    "idempotency-key-reused": (
        "استُخدم هذا المفتاح مع طلب آخر. استعمل مفتاحاً جديداً لكل طلب.",
        "Cette clé a servi à une autre requête. Utilisez une clé neuve par requête.",
    ),
    "too-many-requests": (
        "انتظر المدة المذكورة في Retry-After ثم أعد المحاولة.",
        "Attendez la durée indiquée dans Retry-After, puis réessayez.",
    ),
    "unavailable": (
        "الخدمة غير متاحة مؤقتاً. أعد المحاولة بعد قليل، ولن يضيع شيء.",
        "Le service est momentanément indisponible. Réessayez bientôt ; rien n’est perdu.",
    ),
    "internal": (
        "أعد المحاولة، وإن تكرر الخطأ فأبلغ المشغّل برقم correlation_id.",
        "Réessayez ; si l’erreur persiste, donnez correlation_id à l’exploitant.",
    ),
}
"""What to do, in Arabic and French, for kinds whose advice is always the same."""

FIELD_ADVICE: dict[str, tuple[str, str]] = {
    "required": ("هذا الحقل مطلوب.", "Ce champ est obligatoire."),
    "unknown": ("هذا الحقل غير معروف.", "Ce champ est inconnu."),
    "null": ("لا يجوز أن يكون هذا الحقل فارغاً.", "Ce champ ne peut être nul."),
    "wrong_type": ("نوع القيمة غير صحيح.", "La valeur n’est pas du bon type."),
    "wrong_format": ("صيغة القيمة غير صحيحة.", "La valeur n’a pas le bon format."),
    "not_allowed": ("هذه القيمة غير مسموح بها.", "Cette valeur n’est pas permise."),
    "too_short": ("النص قصير جداً.", "Le texte est trop court."),
    "too_long": ("النص طويل جداً.", "Le texte est trop long."),
    "wrong_length": ("عدد العناصر غير صحيح.", "Le nombre d’éléments est incorrect."),
    "out_of_range": ("القيمة خارج الحدود.", "La valeur est hors limites."),
    "bad_text": ("في النص محارف غير مسموح بها.", "Le texte contient des caractères interdits."),
    "duplicate": ("لا تكرر القيمة نفسها.", "Ne répétez pas la même valeur."),
    "given_twice": ("أعطِ هذه القيمة مرة واحدة.", "Donnez ce paramètre une seule fois."),
    "malformed": ("صيغة الترويسة غير صحيحة.", "Cet en-tête est mal formé."),
}
"""Sentences by field error code, in Arabic and French; English is what the field itself said."""

_POSITION = {"en": 0, "ar": 1, "fr": 2}


def title_of(kind: str, language: str) -> str:
    """The short name of a kind of problem; a kind without a translation reads as itself."""
    titles = TITLES.get(kind)
    return titles[_POSITION[language]] if titles else kind.replace("-", " ").capitalize()


def advice_on(kind: str, language: str, english: str) -> str:
    """What to do about it: the error's own words unless the language has standing advice."""
    return _translated(ADVICE, kind, language, english)


def field_advice(code: str, language: str, english: str) -> str:
    """What is wrong with a field, in the reader's language where there is a sentence for it."""
    return _translated(FIELD_ADVICE, code, language, english)


def _translated(table: dict[str, tuple[str, str]], key: str, language: str, english: str) -> str:
    if language == "en" or key not in table:
        return english
    return table[key][_POSITION[language] - 1]
