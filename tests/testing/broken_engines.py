"""Engines with one fault each; `caught_by` names the test of the contract that fails."""

import itertools

import pytest
from dictionaries import Storage

from cliquet.cache.memory import Cache
from cliquet.permission.memory import Permission
from cliquet.storage.query import UNCONDITIONAL, Condition, Path
from cliquet.testing.contracts import (
    CacheContract,
    Cascades,
    ConditionalWrites,
    Paths,
    PermissionContract,
    Searches,
    StorageContract,
)
from cliquet.timestamps import msec_time


class OfStorage(StorageContract, ConditionalWrites, Searches, Paths, Cascades):
    @pytest.fixture
    def storage(self):
        return self.Engine()


class OfPermission(PermissionContract):
    @pytest.fixture
    def permission(self):
        return self.Engine()


class OfCache(CacheContract):
    @pytest.fixture
    def cache(self):
        return self.Engine()


def by(read, items):
    """Read the fields of filters or sort keys in another way."""
    return [item._replace(field=read(item.field)) for item in items]


# --- Storages ---------------------------------------------------------------------


class TestLosesTombstones(OfStorage):
    caught_by = "test_tombstones_are_listed_on_demand_and_never_counted"

    class Engine(Storage):
        def _store(self, write):
            return super()._store(write._replace(with_deleted=False))


class TestKeepsTombstoneOfNewRecord(OfStorage):
    caught_by = "test_update_removes_the_tombstone_of_its_id"

    class Engine(Storage):
        def _store(self, write):
            kept = self.tombstones[write.scope].get(write.object_id)
            stored = super()._store(write)
            if kept:
                self.tombstones[write.scope][write.object_id] = kept
            return stored


class TestCountsTombstones(OfStorage):
    caught_by = "test_tombstones_are_listed_on_demand_and_never_counted"

    class Engine(Storage):
        def _list(self, query):
            records, total = super()._list(query)
            return records, total + sum("deleted" in record for record in records)


class TestPurgesWhatIsNotOld(OfStorage):
    caught_by = "test_purge_forgets_tombstones"

    class Engine(Storage):
        def _purge(self, scope, names, before):
            return super()._purge(scope, names, None)


class TestLeavesTiesToChance(OfStorage):
    caught_by = "test_ties_are_broken_by_newest_then_by_id"

    class Engine(Storage):
        def _list(self, query):
            return super()._list(query._replace(order=query.order[:-1]))


class TestIgnoresDirection(OfStorage):
    caught_by = "test_several_sort_keys"

    class Engine(Storage):
        def _list(self, query):
            order = [key._replace(direction=1) for key in query.order]
            return super()._list(query._replace(order=order))


class TestSortsMissingFirst(OfStorage):
    caught_by = "test_sorting_orders_all_types"

    class Engine(Storage):
        def _list(self, query):
            records, total = super()._list(query)
            field = query.order[0].field
            return sorted(records, key=lambda record: field in record), total


class TestCountsThePage(OfStorage):
    caught_by = "test_limit_bounds_the_page_but_not_the_total"

    class Engine(Storage):
        def _list(self, query):
            records, _ = super()._list(query)
            return records, len(records)


class TestWantsAllRules(OfStorage):
    caught_by = "test_pagination_rules_are_alternatives"

    class Engine(Storage):
        def _list(self, query):
            together = list(itertools.chain(*query.rules))
            rules = [together] if together else []
            return super()._list(query._replace(rules=rules))


class TestComparesTexts(OfStorage):
    caught_by = "test_filters_compare_within_one_type"

    class Engine(Storage):
        def _list(self, query):
            filters = [each._replace(value=str(each.value)) for each in query.filters]
            return super()._list(query._replace(filters=filters))


class TestTakesTheClockAsItIs(OfStorage):
    caught_by = "test_every_write_moves_the_collection"

    class Engine(Storage):
        def _store(self, write):
            return super()._store(write._replace(last_modified=msec_time() // 10**6))


class TestGoesBack(OfStorage):
    caught_by = "test_forced_timestamps"

    class Engine(Storage):
        def _store(self, write):
            stored = super()._store(write)
            self.timestamps[write.scope] = stored[write.names.modified]
            return stored


class TestForgetsForcedTimestamps(OfStorage):
    caught_by = "test_forced_timestamps"

    class Engine(Storage):
        def _store(self, write):
            return super()._store(write._replace(last_modified=None))


class TestMovesWhenRefusing(OfStorage):
    caught_by = "test_refused_writes_do_not_move_the_collection"

    class Engine(Storage):
        def _write(self, write):
            before = self.timestamps.get(write.scope)
            if before:
                self.timestamps[write.scope] = before + 1
            return super()._write(write)


class TestGivesItsOwnRecords(OfStorage):
    caught_by = "test_what_is_read_can_be_changed_without_harm"

    class Engine(Storage):
        def _get(self, scope, names, object_id):
            super()._get(scope, names, object_id)
            return self.records[scope][object_id]


class TestMixesParents(OfStorage):
    caught_by = "test_parents_do_not_see_each_other"

    class Engine(Storage):
        def _get(self, scope, names, object_id):
            every = {}
            for records in self.records.values():
                every.update(records)
            return every[object_id]


class TestMergesUpdates(OfStorage):
    caught_by = "test_update_replaces_all_fields"

    class Engine(Storage):
        def _write(self, write):
            if write.record is not None and not write.is_new:
                old = self.records[write.scope].get(write.object_id, {})
                write = write._replace(record={**old, **write.record})
            return super()._write(write)


class TestReplacesOnCreate(OfStorage):
    caught_by = "test_create_with_the_id_of_a_record_is_refused"

    class Engine(Storage):
        def _write(self, write):
            return super()._write(write._replace(is_new=False))


class TestKnowsNothingOfUniqueFields(OfStorage):
    caught_by = "test_unique_fields_compare_by_type_and_value"

    class Engine(Storage):
        def _write(self, write):
            return super()._write(write._replace(unique_fields=()))


class TestFlushesRecordsOnly(OfStorage):
    caught_by = "test_flush_forgets_everything"

    class Engine(Storage):
        def _flush(self):
            kept = dict(getattr(self, "timestamps", {}))
            super()._flush()
            self.timestamps = kept


class TestKnowsNothingOfConditions(OfStorage):
    caught_by = "test_a_write_is_refused_when_the_record_has_changed"

    class Engine(Storage):
        def _write(self, write):
            return super()._write(write._replace(condition=UNCONDITIONAL))


class TestKnowsNothingOfParents(OfStorage):
    caught_by = "test_nothing_is_written_below_a_record_that_is_not_there"

    class Engine(Storage):
        def _write(self, write):
            known = write.condition
            condition = Condition(known.record, known.collection)
            return super()._write(write._replace(condition=condition))


class TestMindsTheCase(OfStorage):
    caught_by = "test_texts_and_arrays_are_searched"

    class Engine(Storage):
        def _list(self, query):
            records, _ = super()._list(query)
            texts = [
                each.value for each in query.filters if isinstance(each.value, str)
            ]
            kept = [
                record
                for record in records
                if all(text.strip("*") in str(record["f"]) for text in texts)
            ]
            return kept, len(kept)


class TestFiltersByNoPath(OfStorage):
    caught_by = "test_filters_look_into_objects"

    class Engine(Storage):
        def _list(self, query):
            return super()._list(query._replace(filters=by(str, query.filters)))


class TestSortsByNoPath(OfStorage):
    caught_by = "test_orders_look_into_objects"

    class Engine(Storage):
        def _list(self, query):
            return super()._list(query._replace(order=by(str, query.order)))


class TestBeginsPagesByNoPath(OfStorage):
    caught_by = "test_pages_begin_at_what_is_inside"

    class Engine(Storage):
        def _list(self, query):
            rules = [by(str, rule) for rule in query.rules]
            return super()._list(query._replace(rules=rules))


class TestDeletesByNoPath(OfStorage):
    caught_by = "test_deletions_look_into_objects"

    class Engine(Storage):
        def _delete_all(self, query, *args):
            filters = by(str, query.filters)
            return super()._delete_all(query._replace(filters=filters), *args)


class TestLooksOneObjectDeep(OfStorage):
    caught_by = "test_a_path_is_of_any_depth"

    class Engine(Storage):
        def _list(self, query):
            def cut(field):
                return Path(".".join(field.split(".")[:2]))

            return super()._list(query._replace(filters=by(cut, query.filters)))


class TestReadsNamesAsPaths(OfStorage):
    caught_by = "test_a_name_with_a_dot_is_no_path"

    class Engine(Storage):
        def _list(self, query):
            def read(field):
                return Path(field) if "." in field else field

            return super()._list(query._replace(filters=by(read, query.filters)))


class TestFindsParentsByPattern(OfStorage):
    caught_by = "test_parents_are_found_by_how_they_begin"

    class Engine(Storage):
        def find_parents(self, collection_id, beginnings):
            shortened = [each.rstrip("%_") for each in beginnings]
            return super().find_parents(collection_id, shortened)


# --- Permission backends ----------------------------------------------------------


class TestForgetsGroups(OfPermission):
    caught_by = "test_users_have_the_principals_that_were_added"

    class Engine(Permission):
        def add_user_principal(self, user_id, principal):
            self._users[user_id] = {principal}


class TestForgetsGrants(OfPermission):
    caught_by = "test_writing_replaces_then_grants"

    class Engine(Permission):
        def _write(self, object_id, replaced, given):
            return super()._write(object_id, replaced, given[:1])


class TestReplacesAll(OfPermission):
    caught_by = "test_replacement_spares_what_is_not_named"

    class Engine(Permission):
        def replace_object_permissions(self, object_id, permissions):
            self.delete_object_permissions(object_id)
            super().replace_object_permissions(object_id, permissions)


class TestDeletesWhatBeginsAlike(OfPermission):
    caught_by = "test_permissions_of_prefixes_are_distinct"

    class Engine(Permission):
        def delete_object_permissions(self, *object_id_list):
            super().delete_object_permissions(
                *(each for each in self._objects if each.startswith(object_id_list))
            )


class TestFindsAnywhere(OfPermission):
    caught_by = "test_patterns_are_anchored"

    class Engine(Permission):
        def principals_accessible_objects(
            self,
            principals,
            permission,
            object_id_match=None,
            get_bound_permissions=None,
        ):
            return super().principals_accessible_objects(
                principals, permission, f"*{object_id_match or ''}*", None
            )


class TestKnowsNothingOfBoundPermissions(OfPermission):
    caught_by = "test_bound_permissions_grant_too"

    class Engine(Permission):
        def object_permission_authorized_principals(
            self, object_id, permission, get_bound_permissions=None
        ):
            return self.object_permission_principals(object_id, permission)


class TestGivesItsOwnSets(OfPermission):
    caught_by = "test_answers_are_copies"

    class Engine(Permission):
        def user_principals(self, user_id):
            return self._users.setdefault(user_id, set())


class TestRemovesPrincipalsFromObjects(OfPermission):
    caught_by = "test_principals_are_taken_from_one_user_or_from_all"

    class Engine(Permission):
        def remove_principal(self, principal):
            super().remove_principal(principal)
            for object_id, permission, each in self.all_permissions():
                if each == principal:
                    self.remove_principal_from_ace(object_id, permission, each)


class TestLetsAnybodyToNoObject(OfPermission):
    caught_by = "test_no_object_is_nobodys"

    class Engine(Permission):
        def check_permission(self, object_id, *args, **kwargs):
            return object_id is None or super().check_permission(
                object_id, *args, **kwargs
            )


# --- Caches -----------------------------------------------------------------------


class TestIgnoresExpiry(OfCache):
    caught_by = "test_no_time_left_is_expired"

    class Engine(Cache):
        def set(self, key, value, ttl=None):
            super().set(key, value)


class TestIgnoresLaterExpiry(OfCache):
    caught_by = "test_expire_sets_the_remaining_seconds"

    class Engine(Cache):
        def expire(self, key, ttl):
            pass


class TestExpiresInMilliseconds(OfCache):
    caught_by = "test_ttl_tells_the_remaining_seconds"

    class Engine(Cache):
        def ttl(self, key):
            return super().ttl(key) * 1000


class TestKeepsTheExpiry(OfCache):
    caught_by = "test_setting_again_forgets_the_expiry"

    class Engine(Cache):
        def set(self, key, value, ttl=None):
            left = self.ttl(key)
            super().set(key, value, ttl or (left if left > 0 else None))


class TestMakesTexts(OfCache):
    caught_by = "test_values_come_back_with_their_type"

    class Engine(Cache):
        def set(self, key, value, ttl=None):
            super().set(key, str(value), ttl)


class TestDeletesNothing(OfCache):
    caught_by = "test_deleted_keys_are_gone"

    class Engine(Cache):
        def delete(self, key):
            pass


class TestFlushesWhatExpires(OfCache):
    caught_by = "test_flush_forgets_everything"

    class Engine(Cache):
        def flush(self):
            for key in list(self._ttl):
                self.delete(key)


class TestDeletesByPattern(OfCache):
    caught_by = "test_keys_are_any_text"

    class Engine(Cache):
        def delete(self, key):
            super().delete("ab" if key.endswith("*") else key)
