"""Name: every entity that can be looked for, and Presidio's recognizer of it.

Kept as constants, so that a policy is checked without loading Presidio; a test compares them with
what the installed Presidio has. Kinds that need a language model (PERSON, LOCATION, …) are not
among them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from interlock.policy.file.shape import Json, Named, OneOf, Shape
from interlock.policy.file.source import Mark, Node, fault
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


class Kinds(NamedTuple):
    """What is done about each kind of what is looked for."""

    what: str
    """What a kind is called in errors."""
    action: Shape
    kinds: frozenset[str]
    """Kinds that are looked for."""
    unasked: tuple[str, ...] = ()
    """Actions that kinds which need a language model may have: those that ask nothing."""
    least: int = 0

    def read(self, node: Node, name: str) -> Mapping[str, Any]:
        """Return the actions by kind.

        Refuses kinds that nothing here looks for: their calls and results would all be held.
        """
        actions = Named(self.action).read(node, name)
        if len(actions) < self.least:
            raise fault(node.mark, f"`{name}` names nothing to look for")
        for kind, member in node.value.items() if isinstance(node.value, dict) else ():
            self._check(kind, actions[kind], member.key)
        return actions

    def _check(self, kind: str, action: str, mark: Mark) -> None:
        if kind in NEEDS_MODEL and action not in self.unasked:
            remedy = "allow it" if self.unasked else "remove it"
            raise fault(mark, f"`{kind}` needs a language model; this version has none, {remedy}")
        if kind not in self.kinds | NEEDS_MODEL:
            raise fault(mark, f"unknown {self.what} `{kind}`{did_you_mean(kind, self.kinds)}")

    def schema(self) -> Json:
        """Return an object whose keys are such kinds."""
        unasked: Json = {"enum": list(self.unasked)}
        models = sorted(NEEDS_MODEL) if self.unasked else []
        return {
            "type": "object",
            "properties": {kind: {**unasked, "description": _NOT_FOUND} for kind in models},
            "propertyNames": {"enum": sorted({*self.kinds, *models})},
            "additionalProperties": self.action.schema(),
            "minProperties": self.least,
        }


_NOT_FOUND: Final = "Only a language model finds it, and this version has none."
INSPECT_ARGS: Final = Kinds("kind", OneOf(("deny", "ask")), INSPECTED | RECOGNIZERS.keys(), least=1)
