"""The file that verdicts go to."""
from verify.refusal import Refusal


def require_writable(file):
    """Looked at before hours of training; what is there stays."""
    try:
        if file.is_dir() or not file.absolute().parent.is_dir():
            raise Refusal(f"json: {file} is not a file in a folder that exists")
        existed = file.exists()
        file.open("a").close()
        if not existed:
            file.unlink()
    except OSError as error:
        raise Refusal(f"json: {file} cannot be written ({error.strerror})") from error
