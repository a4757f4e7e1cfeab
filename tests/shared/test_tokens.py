"""The issuer of the embedded stack: tokens that anybody with its JWKS file can check."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from ihala.testing.mint import main
from ihala.testing.tokens import Issuer


def keys(issuer: Issuer) -> KeySet:
    return KeySet.import_key_set(json.loads(issuer.jwks_file.read_text()))


def test_a_token_carries_the_claims_of_its_holder(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)

    token = issuer.token("nurse-1", roles=["clinic"], facilities=["fac_1"], organisation="org_1")

    claims = jwt.decode(token, keys(issuer), algorithms=["EdDSA"]).claims
    assert claims["sub"] == "nurse-1"
    assert claims["aud"] == "ihala"
    assert claims["iss"] == issuer.name
    assert claims["ihala_roles"] == ["clinic"]
    assert claims["ihala_facilities"] == ["fac_1"]
    assert claims["ihala_organisation"] == "org_1"
    assert claims["exp"] > claims["iat"]


def test_a_second_start_has_the_same_key(tmp_path: Path) -> None:
    token = Issuer(tmp_path).token("nurse-1")

    again = Issuer(tmp_path)

    assert jwt.decode(token, keys(again), algorithms=["EdDSA"]).claims["sub"] == "nurse-1"


def test_after_a_rotation_old_tokens_are_nobodys(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    token = issuer.token("nurse-1")

    issuer.rotate()

    with pytest.raises(InvalidKeyIdError):
        jwt.decode(token, keys(issuer), algorithms=["EdDSA"])


def test_the_public_file_holds_no_secret_and_the_secret_file_is_private(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)

    (public,) = json.loads(issuer.jwks_file.read_text())["keys"]

    assert "d" not in public
    assert stat.S_IMODE((tmp_path / "issuer-key.json").stat().st_mode) == 0o600


def test_claims_can_be_spoiled_for_tests(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)

    token = issuer.token("nurse-1", changes={"aud": "others", "ihala_roles": None})

    claims = jwt.decode(token, keys(issuer), algorithms=["EdDSA"]).claims
    assert claims["aud"] == "others"
    assert "ihala_roles" not in claims


def test_a_token_with_any_claims_can_be_minted_on_the_command_line(tmp_path: Path) -> None:
    issuer = Issuer(tmp_path)
    words = ["nurse-2", "--folder", str(tmp_path), "--role", "clinic", "--facility", "fac_1"]

    minted = CliRunner().invoke(main, words)

    claims = jwt.decode(minted.stdout.strip(), keys(issuer), algorithms=["EdDSA"]).claims
    assert claims["sub"] == "nurse-2"
    assert claims["ihala_roles"] == ["clinic"]
    assert claims["iss"] == "https://issuer.ihala.local"
