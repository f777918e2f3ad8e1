PRAGMA application_id = 1148867701;
PRAGMA user_version = 6;
BEGIN TRANSACTION;
CREATE TABLE chain_head (id INTEGER PRIMARY KEY CHECK (id = 1), length INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
INSERT INTO "chain_head" VALUES(1,4,X'B1F8E51B87D359265B16F352518A5481BD521715D27D33F5274CB1F4DF363AA5');
CREATE TABLE events (
            seq INTEGER PRIMARY KEY,
            reset_id INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('requested', 'finished', 'back in', 'noted', 'erased')),
            at TEXT NOT NULL,
            personal BLOB NOT NULL,
            previous BLOB NOT NULL
        ) STRICT
        ;
INSERT INTO "events" VALUES(1,1,'requested','2026-11-29T18:14:07.021Z',X'27EDE4DDA25B0346092BF559D89697961C54F113F6CEBD02461287A5A4E0F7CD',X'0000000000000000000000000000000000000000000000000000000000000000');
INSERT INTO "events" VALUES(2,1,'finished','2026-11-29T18:14:07.052Z',X'CC981CF5457BFD730282C79FA49C1CF5C8B0C59FA2EC28F7E335E816743CA026',X'B0D59D33C0BAD45638A5EB08CB1BB6A7646A97BFB73A070FA074782468644BB7');
INSERT INTO "events" VALUES(3,2,'requested','2026-11-29T18:14:08.443Z',X'B4ED38F2B42A7872DEEBC4EB7E04BFD6EBA106CC832C85FE6EB589154F03497E',X'E311CCF683734C23BFF00A9971C1BC98A81CB714871D81CD6D82CB3472FCCF07');
INSERT INTO "events" VALUES(4,2,'finished','2026-11-29T18:14:08.459Z',X'A031187293DEE11701F018C1DEB129994509538FF8A9C92DFD3E8FF5AB23110A',X'B8EC67B1F0CA0FF73A4AF21D57671FF7FB9D58C394F4D558142FA61C9377CCD6');
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
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:45347','demo.admin','61','odd.entities','Amp &amp; &lt;b&gt; &#27;','odd.entities@harbor.example.com','T-1','2026-11-29T18:14:07.021Z','2026-11-29T18:14:07.052Z','sent','Reset Password Instruction has been sent successfully!','amp &amp; &lt;b&gt; &#27;
odd.entities
odd.entities@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:45347/harbor-prod/','510648e036402b5a18d143180b80edfb',1795976047021,X'FCDB6DF25FC82ED08DD2E883140E454F',NULL,'','','','',NULL);
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:45347','demo.admin','27','odd.markup','Bo [bold red]Smith[/] Markup','odd.markup@harbor.example.com','T-1','2026-11-29T18:14:08.443Z','2026-11-29T18:14:08.459Z','sent','Reset Password Instruction has been sent successfully!','bo [bold red]smith[/] markup
odd.markup
odd.markup@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:45347/harbor-prod/','a954489f5886180424cbc167d90b4416',1795976048443,X'06F8C2D89899988AC8A58227F9EFF3D9',NULL,'','','','',NULL);
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
