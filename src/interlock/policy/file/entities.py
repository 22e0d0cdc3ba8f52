"""Name: every entity that can be looked for, and Presidio's recognizer of it.

Kept as constants, so that a policy is checked without loading Presidio; a test compares them with
what the installed Presidio has. Kinds that need a language model (PERSON, LOCATION, …) are not
among them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from interlock.policy.file.source import Node, Path, fault, locate
from interlock.policy.suggestion import did_you_mean

RECOGNIZERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ABA_ROUTING_NUMBER": "AbaRoutingRecognizer",
        "AU_ABN": "AuAbnRecognizer",
        "AU_ACN": "AuAcnRecognizer",
        "AU_MEDICARE": "AuMedicareRecognizer",
        "AU_TFN": "AuTfnRecognizer",
        "CA_POSTAL_CODE": "CaPostalCodeRecognizer",
        "CA_SIN": "CaSinRecognizer",
        "CREDIT_CARD": "CreditCardRecognizer",
        "CRYPTO": "CryptoRecognizer",
        "DATE_TIME": "DateRecognizer",
        "DE_BSNR": "DeBsnrRecognizer",
        "DE_FUEHRERSCHEIN": "DeFuehrerscheinRecognizer",
        "DE_HANDELSREGISTER": "DeHandelsregisterRecognizer",
        "DE_HEALTH_INSURANCE": "DeHealthInsuranceRecognizer",
        "DE_ID_CARD": "DeIdCardRecognizer",
        "DE_KFZ": "DeKfzRecognizer",
        "DE_LANR": "DeLanrRecognizer",
        "DE_PASSPORT": "DePassportRecognizer",
        "DE_PLZ": "DePlzRecognizer",
        "DE_SOCIAL_SECURITY": "DeSocialSecurityRecognizer",
        "DE_TAX_ID": "DeTaxIdRecognizer",
        "DE_TAX_NUMBER": "DeTaxNumberRecognizer",
        "DE_VAT_ID": "DeVatIdRecognizer",
        "EMAIL_ADDRESS": "EmailRecognizer",
        "ES_NIE": "EsNieRecognizer",
        "ES_NIF": "EsNifRecognizer",
        "ES_PASSPORT": "EsPassportRecognizer",
        "FI_PERSONAL_IDENTITY_CODE": "FiPersonalIdentityCodeRecognizer",
        "IBAN_CODE": "IbanRecognizer",
        "IN_AADHAAR": "InAadhaarRecognizer",
        "IN_GSTIN": "InGstinRecognizer",
        "IN_PAN": "InPanRecognizer",
        "IN_PASSPORT": "InPassportRecognizer",
        "IN_VEHICLE_REGISTRATION": "InVehicleRegistrationRecognizer",
        "IN_VOTER": "InVoterRecognizer",
        "IP_ADDRESS": "IpRecognizer",
        "IT_DRIVER_LICENSE": "ItDriverLicenseRecognizer",
        "IT_FISCAL_CODE": "ItFiscalCodeRecognizer",
        "IT_IDENTITY_CARD": "ItIdentityCardRecognizer",
        "IT_PASSPORT": "ItPassportRecognizer",
        "IT_VAT_CODE": "ItVatCodeRecognizer",
        "KR_BRN": "KrBrnRecognizer",
        "KR_DRIVER_LICENSE": "KrDriverLicenseRecognizer",
        "KR_FRN": "KrFrnRecognizer",
        "KR_PASSPORT": "KrPassportRecognizer",
        "KR_RRN": "KrRrnRecognizer",
        "MAC_ADDRESS": "MacAddressRecognizer",
        "MEDICAL_LICENSE": "MedicalLicenseRecognizer",
        "NG_NIN": "NgNinRecognizer",
        "NG_VEHICLE_REGISTRATION": "NgVehicleRegistrationRecognizer",
        "PHONE_NUMBER": "PhoneRecognizer",
        "PH_PASSPORT": "PhPassportRecognizer",
        "PH_TIN": "PhTinRecognizer",
        "PH_UMID": "PhUmidRecognizer",
        "PL_PESEL": "PlPeselRecognizer",
        "SE_ORGANISATIONSNUMMER": "SeOrganisationsnummerRecognizer",
        "SE_PERSONNUMMER": "SePersonnummerRecognizer",
        "SG_NRIC_FIN": "SgFinRecognizer",
        "SG_UEN": "SgUenRecognizer",
        "TH_TNIN": "ThTninRecognizer",
        "TR_LICENSE_PLATE": "TrLicensePlateRecognizer",
        "TR_NATIONAL_ID": "TrNationalIdRecognizer",
        "UK_DRIVING_LICENCE": "UkDrivingLicenceRecognizer",
        "UK_NHS": "NhsRecognizer",
        "UK_NINO": "UkNinoRecognizer",
        "UK_PASSPORT": "UkPassportRecognizer",
        "UK_POSTCODE": "UkPostcodeRecognizer",
        "UK_VEHICLE_REGISTRATION": "UkVehicleRegistrationRecognizer",
        "URL": "UrlRecognizer",
        "US_BANK_NUMBER": "UsBankRecognizer",
        "US_CLAIM_NUMBER": "UsClaimNumberRecognizer",
        "US_DRIVER_LICENSE": "UsLicenseRecognizer",
        "US_HEALTH_INSURANCE_MEMBER_ID": "UsHealthInsuranceMemberIdRecognizer",
        "US_ITIN": "UsItinRecognizer",
        "US_MBI": "UsMbiRecognizer",
        "US_NPI": "UsNpiRecognizer",
        "US_PASSPORT": "UsPassportRecognizer",
        "US_PRESCRIPTION_NUMBER": "UsPrescriptionNumberRecognizer",
        "US_PRIOR_AUTHORIZATION_NUMBER": "UsPriorAuthorizationNumberRecognizer",
        "US_PROVIDER_TAX_ID": "UsProviderTaxIdRecognizer",
        "US_REFERRAL_NUMBER": "UsReferralNumberRecognizer",
        "US_SSN": "UsSsnRecognizer",
        "UUID": "UuidRecognizer",
        "ZA_COMPANY_REGISTRATION": "ZaCompanyRegistrationRecognizer",
        "ZA_DRIVER_LICENSE": "ZaDriverLicenseRecognizer",
        "ZA_ID_NUMBER": "ZaIdNumberRecognizer",
        "ZA_INCOME_TAX_NUMBER": "ZaIncomeTaxNumberRecognizer",
        "ZA_LICENSE_PLATE": "ZaLicensePlateRecognizer",
        "ZA_MOBILE_NUMBER": "ZaMobileNumberRecognizer",
        "ZA_PASSPORT": "ZaPassportRecognizer",
        "ZA_TELEPHONE_NUMBER": "ZaTelephoneNumberRecognizer",
        "ZA_TRAFFIC_REGISTER_NUMBER": "ZaTrafficRegisterNumberRecognizer",
        "ZA_VAT_NUMBER": "ZaVatNumberRecognizer",
    }
)
"""Entity to class name in `presidio_analyzer.predefined_recognizers`."""

ENTITIES: Final[tuple[str, ...]] = tuple(RECOGNIZERS)
"""What a policy's `output.entities` may name."""

NEEDS_MODEL: Final = frozenset({"AGE", "LOCATION", "NRP", "ORGANIZATION", "PERSON", "TITLE"})
"""Kinds that only a language model finds; a policy may say `allow` for them, which asks nothing."""


INSPECTED: Final = frozenset({"commitments", "injection", "secrets"})
"""What `inspect_args` may name besides entities."""


def check_entities(
    entities: Mapping[str, str], root: Node, path: Path = ("output", "entities")
) -> None:
    """Refuse kinds that nothing here looks for: their results would all be held.

    Raises `PolicyError` at the kind's place.
    """
    for name, action in entities.items():
        where = locate(root, (*path, name), key=True)
        if name in NEEDS_MODEL and action != "allow":
            raise fault(where, f"`{name}` needs a language model; this version has none, allow it")
        if name not in RECOGNIZERS and name not in NEEDS_MODEL:
            raise fault(where, f"unknown entity `{name}`{did_you_mean(name, ENTITIES)}")


def check_kinds(kinds: Mapping[str, str], root: Node, path: Path) -> None:
    """Refuse kinds of `inspect_args` that nothing here looks for, and none at all.

    Raises `PolicyError` at the kind's place.
    """
    if not kinds:
        raise fault(locate(root, path), "`inspect_args` names nothing to look for")
    for name in (each for each in kinds if each not in INSPECTED and each not in RECOGNIZERS):
        where = locate(root, (*path, name), key=True)
        if name in NEEDS_MODEL:
            raise fault(where, f"`{name}` needs a language model; this version has none, remove it")
        raise fault(where, f"unknown kind `{name}`{did_you_mean(name, INSPECTED | {*ENTITIES})}")
