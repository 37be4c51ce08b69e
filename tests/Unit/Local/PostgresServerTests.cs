using System.Net;
using Npgsql;
using Xunit;

namespace Muster.Local;

public sealed class PostgresServerTests
{
    private static readonly IPAddress Address = IPAddress.Parse("127.0.118.5");

    [Fact]
    public async Task What_was_committed_is_there_after_kill_minus_9_and_a_second_start()
    {
        var stop = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("muster-postgres-test-").FullName;
        try
        {
            await using (var first = await PostgresServer.StartAsync(folder, Address, 0, PostgresTuning.Test, stop))
            {
                await RunAsync(first, "create table t (n int); insert into t values (7)");
                Signal.Send(first.ProcessId, Signal.Kill);
                await first.Exited;
            }

            await using var second = await PostgresServer.StartAsync(folder, Address, 0, PostgresTuning.Test, stop);
            Assert.Equal(7, await RunAsync(second, "select n from t"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_temporary_server_leaves_nothing_and_opens_to_its_password_only()
    {
        var server = await PostgresServer.StartTemporaryAsync(Address, PostgresTuning.Test, TestContext.Current.CancellationToken);
        var pid = server.ProcessId;
        var home = ProcessTable.FolderOf(pid);
        await server.CreateDatabaseAsync("other\"one", TestContext.Current.CancellationToken);
        await server.CreateDatabaseAsync("other\"one", TestContext.Current.CancellationToken);
        Assert.Equal(1, await RunAsync(server, "select 1", "other\"one"));

        var stranger = new NpgsqlConnectionStringBuilder(server.ConnectionString()) { Password = "guess", Pooling = false }.ConnectionString;
        await using var connection = new NpgsqlConnection(stranger);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(TestContext.Current.CancellationToken));
        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);

        await server.DisposeAsync();
        Assert.False(Directory.Exists(home), home);
        Assert.Null(ProcessTable.FolderOf(pid));
    }

    [Fact]
    public void Without_PostgreSQL_a_line_names_the_package()
    {
        var missing = Assert.Throws<LocalException>(() => PostgresPrograms.Find("/nowhere"));
        Assert.Contains("apt-get install postgresql", missing.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Missing, missing.ExitCode);
    }

    [Theory]
    [InlineData(1L << 30, "128MB")]
    [InlineData(8L << 30, "1024MB")]
    [InlineData(64L << 30, "2048MB")]
    public void The_server_takes_an_eighth_of_the_memory_within_bounds(long machine, string expected) =>
        Assert.Equal(expected, PostgresTuning.SharedBuffers(machine));

    private static async Task<object?> RunAsync(PostgresServer server, string sql, string database = "muster")
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
