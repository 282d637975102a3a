#!/usr/bin/env bash
# trust_sign.sh OSSLSIGNCODE OPENSSL EXE FOLDER : makes FOLDER/trust_*.exe of an EXE, and trust_signer.bin,
# the SHA-256 of the certificate that trust_signed.exe is signed with.
#
#   trust_signed    signed
#   trust_stranger  signed by another certificate that has the same names
#   trust_broken    trust_signed with one bit changed since
#   trust_forged    trust_signed with one bit of the signature changed
set -euo pipefail
sign=$1 openssl=$2 exe=$3 folder=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

quiet() { # COMMAND... : says something only if it fails
    "$@" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
}

certify() { # NAME
    quiet "$openssl" req -x509 -newkey rsa:2048 -nodes -keyout "$work/$1.key" -out "$work/$1.pem" \
        -days 3650 -subj "/CN=Hotpatch test" -addext extendedKeyUsage=codeSigning
}

sign_with() { # NAME TARGET
    quiet "$sign" sign -certs "$work/$1.pem" -key "$work/$1.key" -h sha256 -in "$exe" -out "$work/$2"
}

number() { # BYTES OFFSET : of trust_signed, little-endian
    od -An -v -t "u$1" -j "$2" -N "$1" "$work/trust_signed.exe" | tr -d ' '
}

flip() { # TARGET OFFSET
    cp "$work/trust_signed.exe" "$work/$1"
    printf %b "\\x$(printf %02x $(($(number 1 "$2") ^ 1)))" |
        dd of="$work/$1" bs=1 seek="$2" conv=notrunc status=none
}

certify own
certify stranger
sign_with own trust_signed.exe
sign_with stranger trust_stranger.exe
"$openssl" x509 -in "$work/own.pem" -outform der | "$openssl" dgst -sha256 -binary >"$work/trust_signer.bin"

# PE specification: "Optional header data directories", "The attribute certificate table". The directory of
# certificates is the fifth; the table's entry has a head of 8 bytes, then DER (ITU-T X.690): 30 82 and a
# length of two bytes. What ends it is the signature.
pe=$(number 4 60)
directories=$((pe + 24 + ($(number 2 $((pe + 24))) == 0x20b ? 112 : 96)))
table=$(number 4 $((directories + 4 * 8)))
[ "$(number 2 $((table + 8)))" = $((0x8230)) ] || { echo "no certificate table" >&2 && exit 1; }
high=$(number 1 $((table + 10))) low=$(number 1 $((table + 11)))
flip trust_forged.exe $((table + 8 + 4 + high * 256 + low - 5))
# In the text for DOS that stands behind the DOS header: signed like everything else, and nobody reads it.
flip trust_broken.exe 78
mv "$work"/trust_* "$folder"
