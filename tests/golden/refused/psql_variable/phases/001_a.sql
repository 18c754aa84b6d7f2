CREATE TABLE t (owner name DEFAULT :'owner', many int DEFAULT :many);
