PRAGMA application_id = 1148867701;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,2,X'2D134A70C504C2D28CA84612EEC5D894D9490F6A0C9CC4C01C884F6FF13ED0EA');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'noted', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-29T18:14:09.924Z',X'13E4117A94D597D58D880D76771DAA5E1ADA2D47B30021D9DC1B83B3101FE7BC',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-29T18:14:09.937Z',X'E32E619A4E0541D31E5644FAD3F91CE3716357FDAD1AE7D0A49637AAEB374AAA',X'63B4643BCDE8844CC21D21879B09587C90B863571BDD7EF87C77CB8485DB1D13');
CREATE TABLE resets (
            id INTEGER PRIMARY KEY,
            instance TEXT NOT NULL,
            environment TEXT NOT NULL,
            host TEXT NOT NULL,
            operator TEXT NOT NULL,
            user_id TEXT NOT NULL,
            user_name TEXT NOT NULL,
            name TEXT NOT NULL,
            email TEXT NOT NULL,
            ticket TEXT NOT NULL,
            requested_at TEXT NOT NULL,
            finished_at TEXT,
            outcome TEXT NOT NULL CHECK (outcome IN ('sent', 'refused', 'not sent', 'unknown')),
            message TEXT NOT NULL,
            folded TEXT NOT NULL
        , action TEXT NOT NULL DEFAULT 'reset link'
            CHECK (action IN ('reset link', 'enable login')), back_in_at TEXT, proof TEXT CHECK (proof IN ('sign-in', 'person')), server TEXT NOT NULL DEFAULT '', uid TEXT NOT NULL DEFAULT '', sort_key INTEGER NOT NULL DEFAULT 0, salt BLOB, erased_at TEXT, os_user TEXT NOT NULL DEFAULT '', os_host TEXT NOT NULL DEFAULT '', sudo_user TEXT NOT NULL DEFAULT '', batch TEXT NOT NULL DEFAULT '', noted_at TEXT) STRICT
        ;
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:45347','demo.admin','47','odd.clipboard','Clip�]52;c;c3ludGhldGlj� Board','odd.clipboard@harbor.example.com','T-1','2026-11-29T18:14:09.924Z','2026-11-29T18:14:09.937Z','sent','Reset Password Instruction has been sent successfully!','clip�]52;c;c3ludghldglj� board
odd.clipboard
odd.clipboard@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:45347/harbor-prod/','c4129e80427deb1e750224211df72011',1795976049924,X'E09ABD690B676FDB637EB8D72AA22E98',NULL,'','','','',NULL);
CREATE INDEX resets_by_person ON resets (instance, user_id);
CREATE INDEX resets_unfinished ON resets (instance) WHERE finished_at IS NULL;
CREATE INDEX resets_by_time ON resets (requested_at);
CREATE UNIQUE INDEX resets_by_uid ON resets (uid);
CREATE INDEX resets_by_record ON resets (user_id, sort_key);
CREATE INDEX resets_by_mailbox ON resets (server, lower(email), sort_key);
CREATE INDEX resets_by_instance ON resets (instance, sort_key);
CREATE INDEX resets_by_order ON resets (sort_key);
CREATE INDEX resets_to_erase ON resets (requested_at) WHERE erased_at IS NULL;
CREATE UNIQUE INDEX events_by_row ON events (reset_id, kind);
CREATE INDEX resets_by_batch ON resets (batch) WHERE batch <> '';
COMMIT;
