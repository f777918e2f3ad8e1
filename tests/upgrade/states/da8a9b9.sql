PRAGMA application_id = 1148867701;
PRAGMA user_version = 3;
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
            CHECK (action IN ('reset link', 'enable login')), back_in_at TEXT, proof TEXT CHECK (proof IN ('sign-in', 'person'))) STRICT
        ;
INSERT INTO "resets" VALUES(1,'harbor-prod','production','127.0.0.1:39803','demo.admin','15','odd.formula','=1+1 @SUM(A1)','odd.formula@harbor.example.com','T-1','2026-11-29T18:10:48.042Z','2026-11-29T18:10:48.100Z','sent','Reset Password Instruction has been sent successfully!','=1+1 @sum(a1)
odd.formula
odd.formula@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL);
INSERT INTO "resets" VALUES(2,'harbor-prod','production','127.0.0.1:39803','demo.admin','27','odd.markup','[bold red]Smith[/] Markup','odd.markup@harbor.example.com','T-1','2026-11-29T18:10:53.136Z','2026-11-29T18:10:53.163Z','sent','Reset Password Instruction has been sent successfully!','[bold red]smith[/] markup
odd.markup
odd.markup@harbor.example.com
t-1
harbor-prod
demo.admin
sent
reset password instruction has been sent successfully!','reset link',NULL,NULL);
CREATE INDEX resets_by_person ON resets (instance, user_id);
CREATE INDEX resets_by_instance ON resets (instance);
CREATE INDEX resets_unfinished ON resets (instance) WHERE finished_at IS NULL;
CREATE INDEX resets_by_time ON resets (requested_at);
COMMIT;
