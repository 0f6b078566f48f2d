"""Puts a copy of `scenarios/` within the package when a wheel is built; all else is said in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDER = Path("scenarios")


class WithScenarios(build_py):
    """An editable installation reads the folder itself."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            shutil.rmtree(self._copy, ignore_errors=True)
            for source, copy in self._files.items():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copy)

    @property
    def _copy(self) -> Path:
        return Path(self.build_lib, "arena", FOLDER.name)

    @property
    def _files(self) -> dict[Path, Path]:
        return {file: self._copy / file.relative_to(FOLDER) for kind in ("*.yaml", "*.md")
                for file in sorted(FOLDER.rglob(kind))}

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        return [*super().get_outputs(include_bytecode), *map(str, self._files.values())]


setup(cmdclass={"build_py": WithScenarios})
