DROP TABLE analytics_events;
DROP TABLE subscriptions;
DROP TABLE subscription_tiers;
DROP TABLE event_rsvps;
DROP TABLE events;
DROP TYPE subscription_status;
