"""What enrichment promises."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from platform_facts import Facts, Numbers, PlanFact, Violation
from platformdb.postgres.connect import Connection
from platforms.enrichment.build import FEBRUARY, JANUARY, ROWS, make
from rows import insert

NOBODY = uuid.UUID(int=7)
LONG_AGO = "2020-01-01T00:00:00Z"
ALL_BITS = 2**41
NO_URL = "ftp://example.com/a.png"
EMPTY, TOO_LONG = "", "x" * 200_001


def texts(column: str, longest: int) -> tuple[Violation, ...]:
    """Nothing at all, and one character too many."""
    return ({column: ""}, {column: "x" * (longest + 1)})


def urls(column: str) -> tuple[Violation, ...]:
    return ({column: NO_URL}, {column: "https://example.com/" + "x" * 500})


def between(column: str, low: Any, high: Any) -> tuple[Violation, ...]:
    return ({column: low}, {column: high})


def of_another(table: str, column: str, other: str, *, key: str = "id", **given: Any) -> Callable[[Connection], object]:
    """The row refers to one that is there, but belongs to somebody else."""

    def violation(conn: Connection) -> None:
        foreign = getattr(make(conn, other, **given), key)
        insert(conn, table, **{**ROWS[table](conn), column: foreign})

    return violation


def same_pair_the_other_way(conn: Connection) -> None:
    first = make(conn, "friendships")
    make(conn, "friendships", user_id=first.friend_id, friend_id=first.user_id)


def friend_of_himself(conn: Connection) -> None:
    person = make(conn, "users").id
    make(conn, "friendships", user_id=person, friend_id=person)


def owner_who_leaves(conn: Connection) -> None:
    server = make(conn, "servers")
    conn.execute("DELETE FROM server_members WHERE server_id = %s", (server.id,))


def owner_who_is_no_member(conn: Connection) -> None:
    server = make(conn, "servers")
    conn.execute("UPDATE servers SET owner_id = %s WHERE id = %s", (make(conn, "users").id, server.id))


def server_without_everyone(conn: Connection) -> None:
    server = make(conn, "servers")
    conn.execute("DELETE FROM roles WHERE id = %s", (server.id,))


def one_too_many(conn: Connection) -> None:
    make(conn, "server_members", server_id=make(conn, "servers", max_members=1).id)


def role_of_another_server(conn: Connection) -> None:
    insert(conn, "member_roles", **{**ROWS["member_roles"](conn), "role_id": make(conn, "roles").id})


def member_of_another_server(conn: Connection) -> None:
    insert(conn, "member_roles", **{**ROWS["member_roles"](conn), "member_id": make(conn, "server_members").id})


def everyone_as_a_role(conn: Connection) -> None:
    row = ROWS["member_roles"](conn)
    insert(conn, "member_roles", **{**row, "role_id": row["server_id"]})


def log_that_is_rewritten(conn: Connection) -> None:
    make(conn, "audit_logs")
    conn.execute("UPDATE audit_logs SET actor_id = %s", (NOBODY,))


def log_that_is_deleted(conn: Connection) -> None:
    make(conn, "audit_logs")
    conn.execute("DELETE FROM audit_logs")


def special_channel(column: str) -> Callable[[Connection], object]:
    """A channel of another server is made a server's own."""

    def violation(conn: Connection) -> None:
        server, foreign = make(conn, "servers"), make(conn, "channels")
        conn.execute(f"UPDATE servers SET {column} = %s WHERE id = %s".encode(), (foreign.id, server.id))

    return violation


def parent(*, same_server: bool, type_of_parent: int) -> Callable[[Connection], object]:
    def violation(conn: Connection) -> None:
        above = make(conn, "channels", type=type_of_parent)
        server = above.server_id if same_server else make(conn, "servers").id
        make(conn, "channels", server_id=server, parent_id=above.id)

    return violation


def category_that_becomes_a_channel(conn: Connection) -> None:
    above = make(conn, "channels", type=4)
    make(conn, "channels", server_id=above.server_id, parent_id=above.id)
    conn.execute("UPDATE channels SET type = 0 WHERE id = %s", (above.id,))


def direct(conn: Connection, *, turned: bool = False) -> Any:
    low, high = sorted((make(conn, "users").id, make(conn, "users").id), reverse=turned)
    return make(conn, "channels", type=1, server_id=None, name=None, dm_user_1=low, dm_user_2=high)


def turned_pair(conn: Connection) -> None:
    direct(conn, turned=True)


def second_direct_channel(conn: Connection) -> None:
    first = direct(conn)
    pair = {"dm_user_1": first.dm_user_1, "dm_user_2": first.dm_user_2}
    make(conn, "channels", type=1, server_id=None, name=None, **pair)


def direct_with(column: str) -> Callable[[Connection], object]:
    """A direct channel with somebody who is not there, who would still be in the right order."""

    def violation(conn: Connection) -> None:
        absent = uuid.UUID(int=7 if column == "dm_user_1" else 2**128 - 1)
        person = make(conn, "users").id
        pair = {"dm_user_1": person, "dm_user_2": person, column: absent}
        make(conn, "channels", type=1, server_id=None, name=None, **pair)

    return violation


def recipient_of(**channel: Any) -> Callable[[Connection], object]:
    def violation(conn: Connection) -> None:
        make(conn, "channel_recipients", channel_id=make(conn, "channels", **channel).id)

    return violation


def override_for(**target: Any) -> Callable[[Connection], object]:
    def violation(conn: Connection) -> None:
        given = {name: make_one(conn) for name, make_one in target.items()}
        insert(conn, "channel_permissions", **{**ROWS["channel_permissions"](conn), "role_id": None, **given})

    return violation


def a_user(conn: Connection) -> Any:
    return make(conn, "users").id


def a_role(conn: Connection) -> Any:
    return make(conn, "roles").id


def override_for_both(conn: Connection) -> None:
    row = ROWS["channel_permissions"](conn)
    owner = conn.execute("SELECT owner_id FROM servers WHERE id = %s", (row["server_id"],)).fetchone()
    assert owner is not None
    insert(conn, "channel_permissions", **{**row, "user_id": owner[0]})


def second_override(conn: Connection) -> None:
    row = ROWS["channel_permissions"](conn)
    insert(conn, "channel_permissions", **row)
    insert(conn, "channel_permissions", **row)


def changed_message(column: str, given: Any) -> Callable[[Connection], object]:
    def violation(conn: Connection) -> None:
        said = make(conn, "messages")
        conn.execute(f"UPDATE messages SET {column} = %s WHERE id = %s".encode(), (given, said.id))

    return violation


def mention_of(column: str) -> Callable[[Connection], object]:
    """A message's array names what is not there: the foreign key of its mention says so."""

    def violation(conn: Connection) -> None:
        make(conn, "messages", **{column: [NOBODY]})

    return violation


def child_of_nothing(table: str) -> Callable[[Connection], object]:
    """Everything fits but the time: a message of another month is another message."""

    def violation(conn: Connection) -> None:
        insert(conn, table, **{**ROWS[table](conn), "message_created_at": FEBRUARY})

    return violation


def answer_to_another_channel(conn: Connection) -> None:
    said = make(conn, "messages")
    make(conn, "messages", referenced_message_created_at=said.created_at, referenced_message_id=said.id)


def answer_to_itself(conn: Connection) -> None:
    make(conn, "messages", id=NOBODY, referenced_message_created_at=JANUARY, referenced_message_id=NOBODY)


def twice(table: str) -> Callable[[Connection], object]:
    def violation(conn: Connection) -> None:
        row = ROWS[table](conn)
        insert(conn, table, **row)
        insert(conn, table, **row)

    return violation


def thread_of_another_channel(conn: Connection) -> None:
    make(conn, "messages", thread_id=make(conn, "message_threads").id)


def project_in_a_channel_elsewhere(conn: Connection) -> None:
    make(conn, "projects", channel_id=make(conn, "channels").id)


def stranger_in_a_project(conn: Connection) -> None:
    make(conn, "project_members", user_id=make(conn, "users").id)


def task_of_a_stranger(conn: Connection) -> None:
    make(conn, "tasks", assignee_id=make(conn, "users").id)


def invite_to_a_channel_elsewhere(conn: Connection) -> None:
    make(conn, "invites", channel_id=make(conn, "channels").id)


def joining_by(**invite: Any) -> Callable[[Connection], object]:
    def violation(conn: Connection) -> None:
        code = make(conn, "invites", **invite).code
        conn.execute("SELECT join_by_invite(%s, %s)", (code, make(conn, "users").id))

    return violation


def talking_in_a_text_channel(conn: Connection) -> None:
    make(conn, "voice_sessions", channel_id=make(conn, "channels").id)


def in_two_places(conn: Connection) -> None:
    make(conn, "voice_sessions", user_id=make(conn, "voice_sessions").user_id)


def one_too_many_in_a_voice_channel(conn: Connection) -> None:
    channel = make(conn, "channels", type=2, user_limit=1).id
    make(conn, "voice_sessions", channel_id=channel)
    make(conn, "voice_sessions", channel_id=channel)


def summary_from(column: str) -> Callable[[Connection], object]:
    """Its first or last message is one that is not there."""

    def violation(conn: Connection) -> None:
        insert(conn, "conversation_summaries", **{**ROWS["conversation_summaries"](conn), column: NOBODY})

    return violation


def thread_on_nothing(conn: Connection) -> None:
    make(conn, "message_threads", root_message_id=NOBODY)


NO_OBJECT = '["a"]'
NO_ARRAY = '{"a": 1}'

FACTS = Facts(
    name="enrichment",
    numbers=Numbers(tables=31, foreign_keys=68, enums=0, jsonb_columns=16, indexes={1: 14, 2: 33, 3: 22}),
    tables={
        "001": (
            "users",
            "user_sessions",
            "user_preferences",
            "friendships",
            "servers",
            "server_settings",
            "server_members",
            "permissions",
            "roles",
            "role_permissions",
            "member_roles",
            "audit_logs",
        ),
        "002": (
            "channels",
            "channel_recipients",
            "channel_permissions",
            "messages",
            "message_mentions",
            "message_reactions",
            "message_attachments",
        ),
        "003": (
            "ai_analysis",
            "conversation_summaries",
            "reputation_scores",
            "community_health",
            "projects",
            "project_members",
            "tasks",
            "documents",
        ),
        "004": ("message_threads", "channel_reads", "invites", "voice_sessions"),
    },
    rows=ROWS,
    violations={
        "users_username_check": ({"username": "A"}, {"username": "Ann"}, {"username": "x" * 33}),
        "users_email_check": ({"email": "nobody"}, {"email": "Ann@example.com"}, {"email": f"{'a' * 251}@b.de"}),
        "users_password_hash_check": ({"password_hash": "secret"},),
        "users_display_name_check": texts("display_name", 100),
        "users_avatar_url_check": urls("avatar_url"),
        "users_banner_url_check": urls("banner_url"),
        "users_bio_check": ({"bio": "x" * 2001},),
        "users_status_check": ({"status": "away"},),
        "users_custom_status_check": texts("custom_status", 128),
        "users_locale_check": ({"locale": "english"},),
        "users_flags_check": ({"flags": -1},),
        "users_premium_type_check": between("premium_type", -1, 4),
        "users_public_flags_check": ({"public_flags": -1},),
        "user_sessions_token_hash_check": ({"token_hash": "plain"},),
        "user_sessions_refresh_token_hash_check": ({"refresh_token_hash": "plain"},),
        "user_sessions_device_info_check": ({"device_info": NO_OBJECT},),
        "user_sessions_user_agent_check": ({"user_agent": "x" * 1001},),
        "user_sessions_expires_at_check": ({"expires_at": LONG_AGO},),
        "user_sessions_last_used_at_check": ({"last_used_at": LONG_AGO},),
        "user_preferences_theme_check": ({"theme": "pink"},),
        "user_preferences_language_check": ({"language": "english"},),
        "user_preferences_timezone_check": ({"timezone": "the moon"},),
        "user_preferences_notifications_check": ({"notifications": NO_OBJECT},),
        "user_preferences_privacy_check": ({"privacy": NO_OBJECT},),
        "user_preferences_accessibility_check": ({"accessibility": NO_OBJECT},),
        "friendships_not_self_check": (friend_of_himself,),
        "friendships_status_check": ({"status": "enemies"},),
        "friendships_accepted_at_check": ({"status": "accepted"}, {"accepted_at": JANUARY}),
        "friendships_pair_key": (same_pair_the_other_way, twice("friendships")),
        "servers_name_check": texts("name", 100),
        "servers_description_check": ({"description": "x" * 2001},),
        "servers_icon_url_check": urls("icon_url"),
        "servers_banner_url_check": urls("banner_url"),
        "servers_splash_url_check": urls("splash_url"),
        "servers_region_check": ({"region": "The Moon"},),
        "servers_afk_timeout_check": between("afk_timeout", -1, 86401),
        "servers_verification_level_check": between("verification_level", -1, 5),
        "servers_default_message_notifications_check": between("default_message_notifications", -1, 2),
        "servers_explicit_content_filter_check": between("explicit_content_filter", -1, 3),
        "servers_mfa_level_check": between("mfa_level", -1, 2),
        "servers_system_channel_flags_check": ({"system_channel_flags": -1},),
        "servers_preferred_locale_check": ({"preferred_locale": "english"},),
        "servers_premium_tier_check": between("premium_tier", -1, 4),
        "servers_premium_subscription_count_check": ({"premium_subscription_count": -1},),
        "servers_vanity_url_code_check": ({"vanity_url_code": "My Server"},),
        "servers_member_count_check": ({"member_count": -1}, one_too_many),
        "servers_max_presences_check": ({"max_presences": 0},),
        "servers_owner_id_fkey": (owner_who_leaves, owner_who_is_no_member),
        "servers_everyone_role_fkey": (server_without_everyone,),
        "servers_afk_channel_id_fkey": (special_channel("afk_channel_id"),),
        "servers_system_channel_id_fkey": (special_channel("system_channel_id"),),
        "servers_rules_channel_id_fkey": (special_channel("rules_channel_id"),),
        "servers_public_updates_channel_id_fkey": (special_channel("public_updates_channel_id"),),
        "server_settings_welcome_screen_check": ({"welcome_screen": NO_OBJECT},),
        "server_settings_auto_moderation_check": ({"auto_moderation": NO_OBJECT},),
        "server_members_nickname_check": texts("nickname", 32),
        "server_members_permissions_check": between("permissions", -1, ALL_BITS),
        "permissions_pkey": ({"bit": 0},),
        "permissions_name_key": ({"name": "SPEAK"},),
        "permissions_bit_check": between("bit", -1, 41),
        "permissions_name_check": ({"name": "water plants"},),
        "roles_name_check": texts("name", 100),
        "roles_color_check": between("color", -1, 2**24),
        "roles_icon_url_check": urls("icon_url"),
        "roles_unicode_emoji_check": texts("unicode_emoji", 100),
        "roles_position_check": ({"position": -1},),
        "roles_permissions_check": between("permissions", -1, ALL_BITS),
        "member_roles_member_id_fkey": (member_of_another_server,),
        "member_roles_role_id_fkey": (role_of_another_server,),
        "member_roles_not_everyone_check": (everyone_as_a_role,),
        "audit_logs_action_check": ({"action": "look"},),
        "audit_logs_old_values_check": ({"action": "update", "old_values": NO_OBJECT},),
        "audit_logs_new_values_check": ({"new_values": NO_OBJECT},),
        "audit_logs_values_check": (
            {"new_values": None},
            {"action": "delete"},
            {"action": "update"},
            {"old_values": {"a": 1}},
        ),
        "audit_logs_never_changes": (log_that_is_rewritten, log_that_is_deleted),
        "channels_parent_id_fkey": (parent(same_server=False, type_of_parent=4),),
        "channels_parent_type_fkey": (parent(same_server=True, type_of_parent=0), category_that_becomes_a_channel),
        "channels_type_check": ({"type": 7},),
        "channels_parent_type_check": ({"parent_type": 0},),
        "channels_parent_id_check": ({"type": 4, "parent_id": NOBODY},),
        "channels_server_id_check": ({"type": 3}, {"server_id": None}),
        "channels_dm_users_check": (
            {"dm_user_1": NOBODY},
            {"type": 1, "server_id": None, "name": None},
            turned_pair,
        ),
        "channels_dm_users_key": (second_direct_channel,),
        "channels_dm_user_1_fkey": (direct_with("dm_user_1"),),
        "channels_dm_user_2_fkey": (direct_with("dm_user_2"),),
        "channels_name_check": ({"name": None}, *texts("name", 100)),
        "channels_topic_check": ({"topic": "x" * 1025},),
        "channels_position_check": ({"position": -1},),
        "channels_rate_limit_per_user_check": between("rate_limit_per_user", -1, 21601),
        "channels_bitrate_check": between("bitrate", 7999, 384001),
        "channels_user_limit_check": between("user_limit", 0, 10001),
        "channels_rtc_region_check": ({"rtc_region": "The Moon"},),
        "channels_video_quality_mode_check": ({"video_quality_mode": 3},),
        "channels_default_auto_archive_duration_check": ({"default_auto_archive_duration": 61},),
        "channels_last_message_check": ({"last_message_id": NOBODY},),
        "channel_recipients_channel_id_fkey": ({"channel_id": NOBODY}, recipient_of()),
        "channel_recipients_channel_type_check": ({"channel_type": 1},),
        "channel_permissions_channel_id_target_id_key": (second_override,),
        "channel_permissions_user_id_fkey": (override_for(user_id=a_user),),
        "channel_permissions_role_id_fkey": (override_for(role_id=a_role),),
        "channel_permissions_target_check": (override_for(), override_for_both),
        "channel_permissions_allow_check": ({"allow": -1, "deny": 0}, {"allow": ALL_BITS}),
        "channel_permissions_deny_check": ({"deny": -1, "allow": 0}, {"deny": ALL_BITS}),
        "channel_permissions_disjoint_check": ({"allow": 3, "deny": 2},),
        "messages_referenced_message_id_fkey": (answer_to_another_channel,),
        "messages_content_check": ({"content": "x" * 4001},),
        "messages_nonce_check": texts("nonce", 255),
        "messages_type_check": between("type", -1, 64),
        "messages_flags_check": ({"flags": -1},),
        "messages_referenced_message_check": ({"referenced_message_id": NOBODY},),
        "messages_not_own_reference_check": (answer_to_itself,),
        "messages_language_check": ({"language": "klingon"},),
        "messages_embeds_check": ({"embeds": NO_ARRAY},),
        "messages_activity_check": ({"activity": NO_OBJECT},),
        "messages_application_check": ({"application": NO_OBJECT},),
        "messages_message_reference_check": ({"message_reference": NO_OBJECT},),
        "messages_components_check": ({"components": NO_ARRAY},),
        "messages_sticker_items_check": ({"sticker_items": NO_ARRAY},),
        "messages_key_never_changes": (
            changed_message("created_at", FEBRUARY),
            changed_message("channel_id", NOBODY),
            changed_message("id", NOBODY),
        ),
        "messages_thread_id_fkey": (thread_of_another_channel,),
        "message_mentions_once_key": (twice("message_mentions"),),
        "message_mentions_message_id_fkey": (child_of_nothing("message_mentions"),),
        "message_mentions_user_id_fkey": ({"user_id": NOBODY}, mention_of("mentions")),
        "message_mentions_role_id_fkey": ({"user_id": None, "role_id": NOBODY}, mention_of("mention_roles")),
        "message_mentions_mentioned_channel_id_fkey": (
            {"user_id": None, "mentioned_channel_id": NOBODY},
            mention_of("mention_channels"),
        ),
        "message_mentions_target_check": ({"user_id": None}, {"role_id": NOBODY}),
        "message_reactions_once_key": (twice("message_reactions"),),
        "message_reactions_message_id_fkey": (child_of_nothing("message_reactions"),),
        "message_reactions_emoji_check": ({"emoji_name": None}, {"emoji_id": NOBODY}),
        "message_reactions_emoji_name_check": texts("emoji_name", 100),
        "message_attachments_message_id_fkey": (child_of_nothing("message_attachments"),),
        "message_attachments_filename_check": texts("filename", 255),
        "message_attachments_description_check": ({"description": "x" * 1025},),
        "message_attachments_content_type_check": ({"content_type": "picture"},),
        "message_attachments_size_check": ({"size": -1},),
        "message_attachments_url_check": urls("url"),
        "message_attachments_proxy_url_check": urls("proxy_url"),
        "message_attachments_height_check": ({"height": 0},),
        "message_attachments_width_check": ({"width": 0},),
        "ai_analysis_message_id_fkey": (child_of_nothing("ai_analysis"),),
        "ai_analysis_sentiment_score_check": between("sentiment_score", "-1.01", "1.01"),
        "ai_analysis_toxicity_score_check": between("toxicity_score", "-0.01", "1.01"),
        "ai_analysis_confidence_score_check": between("confidence_score", "-0.01", "1.01"),
        "ai_analysis_language_code_check": ({"language_code": "english"},),
        "ai_analysis_entities_check": ({"entities": NO_ARRAY},),
        "ai_analysis_summary_check": ({"summary": "x" * 4001},),
        "ai_analysis_model_version_check": texts("model_version", 50),
        "conversation_summaries_channel_id_fkey": (
            {"channel_id": NOBODY, "start_message_id": None, "end_message_id": None},
        ),
        "conversation_summaries_start_message_id_fkey": (summary_from("start_message_id"),),
        "conversation_summaries_end_message_id_fkey": (summary_from("end_message_id"),),
        "conversation_summaries_span_check": (
            {"start_message_created_at": FEBRUARY, "end_message_created_at": JANUARY},
        ),
        "conversation_summaries_summary_check": texts("summary", 10000),
        "conversation_summaries_message_count_check": ({"message_count": -1},),
        "reputation_scores_user_id_server_id_key": (twice("reputation_scores"),),
        "reputation_scores_helpful_messages_check": ({"helpful_messages": -1},),
        "reputation_scores_quality_contributions_check": ({"quality_contributions": -1},),
        "reputation_scores_community_engagement_check": ({"community_engagement": -1},),
        "reputation_scores_moderation_actions_check": ({"moderation_actions": -1},),
        "community_health_active_users_check": ({"active_users": -1},),
        "community_health_message_count_check": ({"message_count": -1},),
        "community_health_positive_sentiment_ratio_check": between("positive_sentiment_ratio", "-0.01", "1.01"),
        "community_health_toxicity_incidents_check": ({"toxicity_incidents": -1},),
        "community_health_moderation_actions_check": ({"moderation_actions": -1},),
        "community_health_engagement_score_check": ({"engagement_score": "-0.01"},),
        "community_health_health_score_check": between("health_score", "-0.01", "1.01"),
        "projects_channel_id_fkey": (project_in_a_channel_elsewhere,),
        "projects_name_check": texts("name", 100),
        "projects_description_check": ({"description": "x" * 4001},),
        "projects_status_check": ({"status": "lost"},),
        "project_members_user_id_fkey": (stranger_in_a_project,),
        "project_members_role_check": ({"role": "boss"},),
        "tasks_project_id_fkey": ({"project_id": NOBODY, "assignee_id": None},),
        "tasks_assignee_id_fkey": (task_of_a_stranger,),
        "tasks_title_check": texts("title", 200),
        "tasks_description_check": ({"description": "x" * 10001},),
        "tasks_status_check": ({"status": "lost"},),
        "tasks_priority_check": between("priority", -1, 4),
        "tasks_checklist_check": ({"checklist": NO_ARRAY},),
        "tasks_completed_at_check": ({"status": "done"}, {"completed_at": JANUARY}),
        "documents_title_check": texts("title", 200),
        "documents_content_check": ({"content": TOO_LONG},),
        "documents_version_check": ({"version": 0},),
        "message_threads_channel_id_fkey": ({"channel_id": NOBODY, "root_message_id": None},),
        "message_threads_root_message_id_fkey": (thread_on_nothing,),
        "message_threads_name_check": texts("name", 100),
        "message_threads_message_count_check": ({"message_count": -1},),
        "message_threads_auto_archive_duration_check": ({"auto_archive_duration": 61},),
        "invites_channel_id_fkey": (invite_to_a_channel_elsewhere,),
        "invites_code_check": ({"code": "abc"}, {"code": "so many words"}),
        "invites_max_uses_check": ({"max_uses": 0},),
        "invites_uses_check": ({"uses": -1}, {"uses": 2, "max_uses": 1}),
        "invites_expires_at_check": ({"expires_at": LONG_AGO},),
        "invites_usable": (
            joining_by(max_uses=1, uses=1),
            joining_by(revoked_at=LONG_AGO),
            joining_by(created_at="2019-01-01T00:00:00Z", expires_at=LONG_AGO),
        ),
        "voice_sessions_channel_id_fkey": ({"channel_id": NOBODY}, talking_in_a_text_channel),
        "voice_sessions_channel_type_check": ({"channel_type": 0},),
        "voice_sessions_left_at_check": ({"left_at": LONG_AGO},),
        "voice_sessions_one_open": (in_two_places,),
        "voice_sessions_within_limit": (one_too_many_in_a_voice_channel,),
    },
    filled=("messages.language",),
    plans={
        "history_before": PlanFact(("idx_messages_channel_id", "message_attachments_pkey"), 110),
        "history_after": PlanFact(("idx_messages_channel_id", "message_attachments_pkey"), 110),
        "history_jump": PlanFact(("idx_messages_channel_id", "message_attachments_pkey"), 180),
        "message_link": PlanFact(("idx_messages_link", "message_attachments_pkey"), 5),
        "unread": PlanFact(("idx_channel_reads_user", "idx_messages_channel_id", "idx_server_members_user_id"), 700),
        "mentions": PlanFact(
            ("idx_message_mentions_user", "idx_message_mentions_role", "idx_server_members_user_id"), 60
        ),
        "member_list": PlanFact(("users_pkey",), 210),
        "search": PlanFact(("idx_messages_content_gin",), 80),
        "permissions": PlanFact(
            ("idx_server_members_user_id", "channel_permissions_channel_id_target_id_key", "member_roles_pkey"), 60
        ),
        "server_overview": PlanFact(
            ("servers_pkey", "idx_channels_server_id", "community_health_server_id_date_key"), 130
        ),
        "voice_occupancy": PlanFact(("idx_voice_sessions_open",), 30),
        "open_tasks": PlanFact(("idx_tasks_assignee_open",), 20),
    },
    wrong_documents={
        "user_sessions.device_info": (
            "[]",
            '{"os": "Linux", "client": "toaster", "version": "3.1"}',
            '{"os": "Linux", "client": "web", "version": "three"}',
            '{"os": "Linux", "client": "web"}',
        ),
        "user_preferences.notifications": ('{"level": "some"}', '{"quiet_from": 24}', '{"sounds": "yes"}'),
        "user_preferences.privacy": ('{"direct_messages": "me"}', '{"show_activity": 1}', '{"secret": true}'),
        "user_preferences.accessibility": ('{"font_scale": 9}', '{"reduced_motion": null}', '{"fontScale": 1}'),
        "server_settings.welcome_screen": (
            '{"channels": [{"description": "Hello"}]}',
            '{"channels": [{"channel_id": "general", "description": "Hello"}]}',
            '{"text": "Hello"}',
        ),
        "server_settings.auto_moderation": ('{"toxicity_limit": 2}', '{"action": "shout"}', '{"blocked_words": [""]}'),
        "audit_logs.old_values": ("{}", "[]", '{"password_hash": "x"}'),
        "audit_logs.new_values": ("{}", "[]", '{"token_hash": "x"}'),
        "messages.embeds": ("{}", '[{"title": "No link"}]', '[{"title": "A", "url": "javascript:alert(1)"}]'),
        "messages.activity": ("{}", '{"type": "sleep", "party_id": "a"}', '{"type": "join"}'),
        "messages.application": ('{"name": "A"}', '{"name": "A", "icon_url": "a.png"}', '{"name": ""}'),
        "messages.message_reference": (
            '{"type": "reply"}',
            '{"type": "reply", "channel_id": "a", "message_id": "b", "message_created_at": "2026-01-01T00:00:00Z"}',
            "[]",
        ),
        "messages.components": (
            "{}",
            '[{"buttons": []}]',
            '[{"buttons": [{"style": "link", "label": "Go", "custom_id": "go"}]}]',
            '[{"buttons": [{"style": "primary", "label": "Go", "url": "https://example.com/"}]}]',
        ),
        "messages.sticker_items": ("{}", '[{"name": "a", "format": "png"}]', '[{"name": "wave", "format": "bmp"}]'),
        "ai_analysis.entities": ("{}", '[{"text": "Ann", "kind": "cat"}]', '[{"kind": "person"}]'),
        "tasks.checklist": ("{}", '[{"done": true}]', '[{"text": "Buy paint", "done": "no"}]'),
    },
    races={
        "update_server_counts": "test_joining_and_leaving_many_servers_in_opposite_order_neither_deadlocks_nor_drifts",
        "create_server_parts": "test_servers_made_at_the_same_instant_have_their_parts_once",
        "update_role_mask": "test_grants_to_one_role_at_the_same_instant_all_reach_its_mask",
        "sync_role_permissions": "test_a_mask_written_while_a_permission_is_granted_ends_with_both",
        "update_channel_last_message": (
            "test_the_newest_message_is_right_after_writing_and_deleting_in_opposite_order"
        ),
        "update_thread_message_count": "test_threads_written_to_in_opposite_order_neither_deadlock_nor_drift",
        "sync_message_mentions": "test_a_message_edited_by_two_mentions_whom_the_second_wrote",
        "write_audit_log": "test_each_change_at_the_same_instant_is_logged_once",
        "fill_message_language": "test_a_message_by_one_who_changes_his_language_has_the_one_or_the_other",
        "refuse_change": "test_the_time_of_a_message_cannot_be_changed_behind_an_edit_that_waits",
        "check_voice_capacity": (
            "test_who_comes_at_the_same_instant_as_the_last_that_fits_a_voice_channel_waits_and_is_refused"
        ),
    },
    served_otherwise={
        **dict.fromkeys(
            (
                "servers_owner_id_fkey",
                "servers_afk_channel_id_fkey",
                "servers_system_channel_id_fkey",
                "servers_rules_channel_id_fkey",
                "servers_public_updates_channel_id_fkey",
            ),
            "the primary key is one of its columns: no more than one row has it",
        ),
        **dict.fromkeys(
            (
                "channels_parent_id_fkey",
                "channels_parent_type_fkey",
                "channel_permissions_channel_id_fkey",
                "channel_recipients_channel_id_fkey",
                "member_roles_member_id_fkey",
                "project_members_project_id_fkey",
            ),
            "an index leads with the id that it asks for; its other column is the same for all rows with that id",
        ),
    },
)
