//! On a throw-away PostgreSQL server.
