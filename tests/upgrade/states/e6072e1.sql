PRAGMA application_id = 1148867701;
PRAGMA user_version = 1;
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
        ) STRICT
        ;
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:38775','demo.admin','61','odd.entities','&amp; &lt;b&gt; &#27;','odd.entities@harbor.example.com','T-1','2026-11-29T18:13:20.746Z','2026-11-29T18:13:20.764Z','sent','Reset Password Instruction has been sent successfully!','&amp; &lt;b&gt; &#27;
odd.entities
odd.entities@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!');
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:38775','demo.admin','75','odd.script','<script>alert(1)</script> & Co','odd.script@harbor.example.com','T-1','2026-11-29T18:13:22.809Z','2026-11-29T18:13:22.827Z','sent','Reset Password Instruction has been sent successfully!','<script>alert(1)</script> & co
odd.script
odd.script@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!');
CREATE INDEX resets_by_person ON resets (instance, user_id);
COMMIT;
