PRAGMA application_id = 1148867701;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,4,X'725D6C66C27AA86F014EB5526178399900D9B7E2BEA8EE9FD93F1E65DBE08C26');
CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    reset_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'noted', 'erased')),
    at TEXT NOT NULL,
    personal BLOB NOT NULL,
    previous BLOB NOT NULL
) STRICT
;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-29T18:12:37.384Z',X'68B1417A45871DF4EFC197BB49341E4919F76D300B58CA4E31DA55B612472E6B',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-29T18:12:37.466Z',X'5074E81A6221AF8C54327A650E878391665AC9C2E6E3A3C019DE07D78802D84A',X'8FBCFDF24865722C9C92CC56838348561C1C9824AD446C567B918740E420358D');
INSERT INTO "events" VALUES(3,2,'requested','2026-11-29T18:12:45.712Z',X'F9E4BC141F418E9621A8BE91487CFE958D426318375A95FBB7B95EEA7EA52EF7',X'47165B75F8AB7C172763D434E3A8A6A8F92995D7068ADCB3097F0C71ED5FD689');
INSERT INTO "events" VALUES(4,2,'finished','2026-11-29T18:12:45.752Z',X'33B374D1C696AA94660282D116C6924829315C9FFD8FEFACD789609FFE05B5B8',X'5CE623B88D03FC9D475BE023926BE604AAD7D42A411D146A3469E5432F6F9662');
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
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:41371','demo.admin','70','arlo.candle','Arlo Candle','front.desk@harbor.example.com','T-1','2026-11-29T18:12:37.384Z','2026-11-29T18:12:37.466Z','sent','Reset Password Instruction has been sent successfully!','arlo candle
arlo.candle
front.desk@harbor.example.com

t-1
harbor-prod
demo.admin
root
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:41371/harbor-prod/','c27e4a9e0446f76625ed7f3de9be089b',1795975957384,X'0B96299BB44F3E9CCAEAE8612367B711',NULL,'root','vm','','',NULL);
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:41371','demo.admin','27','odd.markup','Bo [bold red]Smith[/] Markup','odd.markup@harbor.example.com','T-1','2026-11-29T18:12:45.712Z','2026-11-29T18:12:45.752Z','sent','Reset Password Instruction has been sent successfully!','bo [bold red]smith[/] markup
odd.markup
odd.markup@harbor.example.com

t-1
harbor-prod
demo.admin
root
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:41371/harbor-prod/','af429f83a7faaf327f7ac8f8e9689cbe',1795975965712,X'6189CA69D2B8A0C7ECAF6F9A89ECC700',NULL,'root','vm','','',NULL);
CREATE INDEX resets_by_person ON resets (instance, user_id);
CREATE INDEX resets_unfinished ON resets (instance) WHERE finished_at IS NULL;
CREATE INDEX resets_by_time ON resets (requested_at);
CREATE UNIQUE INDEX resets_by_uid ON resets (uid);
CREATE UNIQUE INDEX events_by_row ON events (reset_id, kind);
CREATE INDEX resets_by_record ON resets (user_id, sort_key);
CREATE INDEX resets_by_mailbox ON resets (server, lower(email), sort_key);
CREATE INDEX resets_by_instance ON resets (instance, sort_key);
CREATE INDEX resets_by_order ON resets (sort_key);
CREATE INDEX resets_to_erase ON resets (requested_at) WHERE erased_at IS NULL;
CREATE INDEX resets_by_batch ON resets (batch) WHERE batch <> '';
COMMIT;
