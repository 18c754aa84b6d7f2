-- Nobody has borrowed anything.
DROP TABLE loans;
