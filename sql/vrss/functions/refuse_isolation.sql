-- Used by create_friendship_on_mutual_follow and charge_storage, which wait for locks.
\ir ../../shared/functions/refuse_isolation.sql
