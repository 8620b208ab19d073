"""Everything that stands on the control-plane database, opened together."""

from dataclasses import dataclass

from bartizan.clock import Clock, SteadyClock, steady_clock
from bartizan.state.database import Database, open_database
from bartizan.state.exceptions import ExceptionLists
from bartizan.state.identity import Ids, random_id
from bartizan.state.jobs import Jobs
from bartizan.state.leases import Leases
from bartizan.state.rule_responses import RuleResponses
from bartizan.state.rule_states import RuleStates
from bartizan.state.servers import Servers
from bartizan.state.value_lists import ValueLists


@dataclass(frozen=True, slots=True)
class State:
    """The control-plane database and its stores."""

    database: Database
    leases: Leases
    servers: Servers
    jobs: Jobs
    rule_states: RuleStates
    rule_responses: RuleResponses
    exceptions: ExceptionLists
    value_lists: ValueLists

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_state(url: str, clock: Clock, steady: SteadyClock = steady_clock, ids: Ids = random_id) -> State:
    """The stores over the database at an address; raises what `open_database` raises."""
    database = open_database(url)
    leases = Leases(database, clock, steady)
    return State(
        database=database,
        leases=leases,
        servers=Servers(database, leases, clock),
        jobs=Jobs(database, leases, clock, ids),
        rule_states=RuleStates(database),
        rule_responses=RuleResponses(database, clock),
        exceptions=ExceptionLists(database, clock, ids),
        value_lists=ValueLists(database, clock, ids),
    )
