"""Offer: what the platform agent can do, as LangChain tools over the platform."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

if TYPE_CHECKING:
    from ops import Ops

Record = dict[str, Any]
Service = Annotated[str, Field(min_length=1, description="A service, like `web`.")]
Version = Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", description="Like `1.4.0`.")]
Region = Annotated[str, Field(min_length=1, description="`us-east` or `eu-west`.")]
Database = Annotated[str, Field(min_length=1, description="A database, like `shop_prod`.")]
Migration = Annotated[str, Field(min_length=1, description="Like `0002_add_note`.")]
Resource = Annotated[str, Field(min_length=1, description="Kind and name, like `vm/build-3`.")]
Lines = Annotated[int, Field(ge=1, le=1000)]


class Console:
    """The tools' functions; what a docstring says, the model reads."""

    def __init__(self, ops: "Ops") -> None:
        """Work on `ops`."""
        self._ops = ops

    def list_services(self) -> list[Record]:
        """List the services and the version that each runs where."""
        return self._ops.services()

    def list_deployments(self, service: Service) -> list[Record]:
        """List what was deployed of a service, newest first."""
        return self._ops.deployments(service)

    def list_migrations(self, database: Database) -> list[Record]:
        """List the migrations of a database and which of them are applied."""
        return self._ops.migrations(database)

    def read_logs(self, service: Service, lines: Lines = 50) -> list[Record]:
        """Read the last lines of a service's log, oldest first."""
        return self._ops.logs(service, lines)

    def deploy_ci(self, service: Service, version: Version) -> Record:
        """Deploy a version to the CI environment; doing it twice is the same as once."""
        return self._ops.deploy(service, version, "ci")

    def deploy_prod(self, service: Service, version: Version, region: Region) -> Record:
        """Deploy a version to production in one region; customers have it at once."""
        return self._ops.deploy(service, version, region)

    def rollback_prod(self, service: Service, version: Version, region: Region) -> Record:
        """Take `version`, which runs in a region, back: what ran before it runs again."""
        return self._ops.rollback(service, version, region)

    def apply_migration(
        self, database: Database, migration: Migration, dry_run: bool = True
    ) -> Record:
        """Apply a migration to a database; a dry run does all of it and takes it back."""
        return self._ops.migrate(database, migration, dry_run=dry_run)

    def drop_database(self, database: Database) -> Record:
        """Drop a database with everything in it, for good."""
        return self._ops.drop(database)

    def delete_resource(self, resource: Resource) -> Record:
        """Delete a machine, a preview or a bucket, for good."""
        return self._ops.delete(resource)


def build_tools(ops: "Ops") -> list[BaseTool]:
    """Make the agent's tools over one platform."""
    console = Console(ops)
    functions: list[Callable[..., Any]] = [
        console.list_services,
        console.list_deployments,
        console.list_migrations,
        console.read_logs,
        console.deploy_ci,
        console.deploy_prod,
        console.rollback_prod,
        console.apply_migration,
        console.drop_database,
        console.delete_resource,
    ]
    return [StructuredTool.from_function(function) for function in functions]
