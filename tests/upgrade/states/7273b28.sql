PRAGMA application_id = 1148867701;
PRAGMA user_version = 4;
BEGIN TRANSACTION;
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
            CHECK (action IN ('reset link', 'enable login')), back_in_at TEXT, proof TEXT CHECK (proof IN ('sign-in', 'person')), server TEXT NOT NULL DEFAULT '') STRICT
        ;
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:44639','demo.admin','61','odd.entities','Amp &amp; &lt;b&gt; &#27;','odd.entities@harbor.example.com','T-1','2026-11-29T18:13:47.464Z','2026-11-29T18:13:47.516Z','sent','Reset Password Instruction has been sent successfully!','amp &amp; &lt;b&gt; &#27;
odd.entities
odd.entities@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:44639/harbor-prod/');
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:44639','demo.admin','27','odd.markup','Bo [bold red]Smith[/] Markup','odd.markup@harbor.example.com','T-1','2026-11-29T18:13:49.162Z','2026-11-29T18:13:49.181Z','sent','Reset Password Instruction has been sent successfully!','bo [bold red]smith[/] markup
odd.markup
odd.markup@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL,'127.0.0.1:44639/harbor-prod/');
CREATE INDEX resets_by_person ON resets (instance, user_id);
CREATE INDEX resets_by_instance ON resets (instance);
CREATE INDEX resets_unfinished ON resets (instance) WHERE finished_at IS NULL;
CREATE INDEX resets_by_time ON resets (requested_at);
CREATE INDEX resets_by_record ON resets (user_id);
CREATE INDEX resets_by_mailbox ON resets (server, lower(email));
COMMIT;
