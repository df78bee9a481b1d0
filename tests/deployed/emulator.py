"""Runs an emulator of AWS on a free port of this machine. Its clients reach only the emulator."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import boto3


class Emulator:
    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        # The emulator passes these to the functions, so none of them calls the real AWS.
        self.environment = kept | {
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "1",
        }
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "S3_DATA_DIR": f"{folder}/s3",
            "STATE_DIR": f"{folder}/state",
            "TMPDIR": folder,
        }
        self._log = open(f"{folder}/emulator.log", "w+", encoding="utf-8")
        # In a process group of its own, with its functions.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=self.environment | settings,
            cwd=folder,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        self._await()

    def _await(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise SystemExit(f"The emulator did not start within 30 seconds. Its log ends with: {self.log()}")
                time.sleep(0.1)

    def aws(self, service):
        """Returns a client of a service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="emulated",
            aws_secret_access_key="emulated",
        )

    def run(self, *command):
        """Returns the output of a program. Ends the test if the program fails."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command[:3])} failed: {done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def log(self):
        """Returns the end of the emulator's output."""
        self._log.seek(0)
        return self._log.read()[-3000:]

    def stop(self):
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
