"""A certificate of the tests' own for this machine's loopback address."""

import pathlib
import subprocess


def certificate(folder: pathlib.Path, *openssl: str, days: int = 2) -> tuple[pathlib.Path, pathlib.Path]:
    """Makes one that signs itself, for 127.0.0.1 and localhost; the files of it and of its key.

    `openssl` is the program, with the one before it that runs it, if need be.
    """
    files = folder / "certificate.pem", folder / "key.pem"
    command = [*openssl, "req", "-x509", "-nodes", "-days", str(days), "-subj", "/CN=127.0.0.1"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-out", files[0], "-keyout", files[1]]
    subprocess.run(command, check=True, capture_output=True)
    return files
