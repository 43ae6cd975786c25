"""Answers that are kept, in a table beside the records."""

from cliquet.engines.sql.client import SQLClient
from cliquet.storage.answers import Answer, KeptAnswers
from cliquet.storage.exceptions import ClaimedError
from cliquet.timestamps import msec_time

ANSWERS = "idempotent_answers"
"""The name of the table: no application has one of that name."""

_GET = """SELECT fingerprint, content, expires FROM idempotent_answers
 WHERE id = :id AND expires > :now"""
_KEEP = """INSERT INTO idempotent_answers (id, fingerprint, content, expires)
VALUES (:id, :fingerprint, :content, :expires)
ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint,
    content = excluded.content, expires = excluded.expires"""
_PURGE = """DELETE FROM idempotent_answers WHERE id IN (
    SELECT id FROM idempotent_answers WHERE expires <= :now LIMIT :most)"""
_MOST = 10_000


class SQLAnswers(KeptAnswers):
    """Claims of an engine, and rows that commit with what they tell of."""

    client: SQLClient

    def _claim(self, key: str) -> bool:
        """Claim a key until the transaction ends; return False if another one has."""
        raise NotImplementedError

    def claim_answer(self, key: str) -> Answer | None:
        if not self._claim(key):
            raise ClaimedError(key)
        # A statement of its own: it sees what was committed before the claim.
        with self.client.connect(readonly=True) as connection:
            row = connection.row(_GET, id=key, now=msec_time())
        return None if row is None else Answer(*row)

    def keep_answer(self, key: str, answer: Answer) -> None:
        with self.client.connect() as connection:
            connection.run(_KEEP, id=key, **answer._asdict())

    def purge_answers(self) -> int:
        with self.client.connect() as connection:
            return connection.run(_PURGE, now=msec_time(), most=_MOST)
