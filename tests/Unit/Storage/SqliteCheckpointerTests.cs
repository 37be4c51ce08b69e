using Microsoft.Extensions.Logging.Abstractions;
using Muster.Storage.Sqlite;
using Xunit;

namespace Muster.Storage;

public sealed class SqliteCheckpointerTests
{
    [Fact]
    public void The_log_starts_over_while_writing_goes_on()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("checkpoints.db");
        using var writer = SqliteFile.OpenForWriting(path);
        using var checkpointer = new SqliteCheckpointer(SqliteFile.OpenForWriting(path), new CheckpointLimits(64 << 10, 32), NullLogger.Instance);
        using var save = writer.Prepare("INSERT INTO tag_index (path, kind, value, device) VALUES ('p', 1, randomblob(4000), ?1)");

        const int Commits = 5_000;
        var written = 0L;
        var log = new FileInfo(path + "-wal");
        for (var i = 0; i < Commits && (written < 1 << 20 || log.Length > written / 8); i++)
        {
            save.Bind(1, i);
            save.Execute();
            written += 4096;
            checkpointer.Committed(rows: 1, writer);
            log.Refresh();
        }

        Assert.InRange(log.Length, 1, written / 8);
    }
}
