namespace Muster.Storage.Sqlite;

/// <summary>Tables of rollouts and of the history of updates.</summary>
internal static class UpdateSchema
{
    /// <summary>
    /// The history is only ever added to, so the next rowid is the next position. Indexes of members hold work lists alone: a step of an update under
    /// way finds its row in none of those whose columns it writes.
    /// </summary>
    public const string Create = """
        CREATE TABLE update_history (
          position INTEGER PRIMARY KEY,
          device_id TEXT NOT NULL,
          generation_id INTEGER NOT NULL,
          sequence INTEGER NOT NULL,
          at INTEGER NOT NULL,
          rollout TEXT NOT NULL,
          grp INTEGER NOT NULL,
          attempt INTEGER NOT NULL,
          epoch INTEGER NOT NULL,
          from_status INTEGER NOT NULL,
          to_status INTEGER NOT NULL,
          trigger TEXT NOT NULL,
          actor TEXT NOT NULL,
          evidence TEXT,
          release TEXT,
          granted INTEGER NOT NULL,
          ready INTEGER NOT NULL,
          reason TEXT
        );
        CREATE UNIQUE INDEX update_history_step ON update_history (device_id, generation_id, sequence);
        CREATE INDEX update_history_rollout ON update_history (rollout, position);
        CREATE TABLE rollout_term (
          rollout TEXT NOT NULL PRIMARY KEY,
          term INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE rollout_target (
          rollout TEXT NOT NULL,
          device_id TEXT NOT NULL,
          grp INTEGER NOT NULL,
          position INTEGER NOT NULL,
          site TEXT NOT NULL,
          release TEXT,
          status INTEGER NOT NULL,
          attempt INTEGER NOT NULL,
          epoch INTEGER NOT NULL,
          granted INTEGER NOT NULL,
          ready INTEGER NOT NULL,
          attempted INTEGER NOT NULL,
          told INTEGER NOT NULL,
          reason TEXT,
          changed_at INTEGER,
          PRIMARY KEY (rollout, device_id)
        ) WITHOUT ROWID;
        CREATE INDEX rollout_target_planned ON rollout_target (rollout, grp, position) WHERE status = 1;
        CREATE INDEX rollout_target_ready ON rollout_target (rollout, grp, position) WHERE ready = 1 AND granted = 0 AND status < 20;
        CREATE INDEX rollout_target_untold ON rollout_target (rollout, device_id) WHERE told = 0 AND status BETWEEN 2 AND 19;
        CREATE INDEX rollout_target_held ON rollout_target (device_id) WHERE status < 20;
        """;
}
