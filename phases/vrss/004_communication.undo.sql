DROP TABLE user_subscriptions;
DROP TABLE notifications;
DROP TABLE messages;
DROP TABLE conversation_participants;
DROP TABLE conversations;
