"""Sealing: the published vectors, and what is sealed opens under its own key and context only."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from lake.cipher import Key, Sm4Gcm

AES, SM4 = CIPHERS = ("aes-256-gcm", "sm4-gcm")
SECRET = bytes(range(32))
PUBLISHED_KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


def _once_and_a_million_times(rounds: int) -> str:
    encryptor = Cipher(algorithms.SM4(PUBLISHED_KEY), modes.ECB()).encryptor()
    block = PUBLISHED_KEY
    for _ in range(rounds):
        block = encryptor.update(block)
    return block.hex()


@pytest.mark.parametrize(
    ("rounds", "block"), [(1, "681edf34d206965e86b3e94f536e4246"), (1_000_000, "595298c7c6fd271f0402f804c33d3f66")]
)
def test_sm4_is_the_block_cipher_of_gb_t_32907(rounds, block):
    assert _once_and_a_million_times(rounds) == block


def test_sm4_gcm_gives_the_vector_of_rfc_8998():
    nonce, bound = bytes.fromhex("00001234567800000000abcd"), bytes.fromhex("feedfacedeadbeef" * 2 + "abaddad2")
    plaintext = b"".join(bytes([byte] * 8) for byte in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    sealed = Sm4Gcm(PUBLISHED_KEY).encrypt(nonce, plaintext, bound)
    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert Sm4Gcm(PUBLISHED_KEY).decrypt(nonce, sealed, bound) == plaintext


@pytest.mark.parametrize("setting", CIPHERS)
@given(plaintext=st.binary(max_size=200), context=st.text(max_size=20), at=st.integers(min_value=0))
def test_what_is_sealed_opens_whatever_the_setting_is_now_and_not_when_a_bit_was_changed(
    setting, plaintext, context, at
):
    sealed = Key(SECRET, setting).seal(plaintext, context)
    for later in CIPHERS:
        assert Key(SECRET, later).unseal(sealed, context) == plaintext
    changed = bytearray(sealed)
    changed[at % len(sealed)] ^= 1
    for damaged in (bytes(changed), sealed[: at % len(sealed)]):
        with pytest.raises(InvalidTag):
            Key(SECRET, setting).unseal(damaged, context)


@pytest.mark.parametrize("setting", CIPHERS)
def test_another_key_or_context_opens_nothing(setting):
    sealed = Key(SECRET, setting).seal(b"Ann", "context")
    for key, context in ((Key(bytes(32), setting), "context"), (Key(SECRET, setting), "other")):
        with pytest.raises(InvalidTag):
            key.unseal(sealed, context)


def test_the_algorithm_is_told_by_the_first_byte_and_is_that_of_the_setting():
    assert [Key(SECRET, name).seal(b"", "")[0] for name in CIPHERS] == [1, 2]


def test_a_key_is_never_shown():
    assert str(Key(SECRET, AES)) == "Key(cipher='aes-256-gcm')"
