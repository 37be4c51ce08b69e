using System.Diagnostics;
using System.Globalization;
using System.Net;
using Npgsql;

namespace Muster.Local;

/// <summary>
/// A PostgreSQL server of our own: Debian's programs, a private folder, one address. It ends with this process, in whatever way that ends.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const int Tries = 5;
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);
    private readonly PostgresFolder folder;
    private readonly OutputTail output;
    private readonly Process process;
    private readonly TemporaryHome? home;
    private bool stopped;

    private PostgresServer(PostgresFolder folder, IPEndPoint endpoint, Process process, OutputTail output, TemporaryHome? home)
    {
        this.folder = folder;
        this.process = process;
        this.output = output;
        this.home = home;
        EndPoint = endpoint;
        ProcessId = process.Id;
        Exited = WaitForExitAsync();
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The server's first process; SIGKILL it, and all of the server is gone.</summary>
    public int ProcessId { get; }

    /// <summary>Completes when the server has ended, whoever ended it, with its exit code: 128 and the signal's number if a signal ended it.</summary>
    public Task<int> Exited { get; }

    /// <summary>Starts a server over <paramref name="folder"/>, makes the folder first where there is none, and waits until it answers.</summary>
    /// <param name="folder">Only for this server. A second start over the same folder finds everything that was committed.</param>
    /// <param name="address">The one address that it listens on.</param>
    /// <param name="port">0: any that is free.</param>
    /// <param name="tuning">For what it is used.</param>
    /// <exception cref="LocalException">PostgreSQL is not installed, or it did not start: one line says why.</exception>
    public static Task<PostgresServer> StartAsync(
        string folder, IPAddress address, int port, PostgresTuning tuning, CancellationToken cancellationToken) =>
        StartAsync(folder, new IPEndPoint(address, port), tuning, _ => { }, cancellationToken);

    /// <summary>The same in a temporary folder, which goes with the server; if this process is killed, it goes too.</summary>
    public static async Task<PostgresServer> StartTemporaryAsync(IPAddress address, PostgresTuning tuning, CancellationToken cancellationToken)
    {
        var home = await TemporaryHome.CreateAsync();
        try
        {
            return await StartAsync(home.Path, new IPEndPoint(address, 0), tuning, _ => { }, cancellationToken, home);
        }
        catch
        {
            await home.DisposeAsync();
            throw;
        }
    }

    /// <summary>For Npgsql, as the server's superuser.</summary>
    public string ConnectionString(string database = "muster") => new NpgsqlConnectionStringBuilder
    {
        Host = EndPoint.Address.ToString(),
        Port = EndPoint.Port,
        Username = PostgresFolder.User,
        Password = folder.Password,
        Database = database,
    }.ConnectionString;

    /// <summary>Creates an empty database. Idempotent.</summary>
    public async Task CreateDatabaseAsync(string name, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var find = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection) { Parameters = { new() { Value = name } } };
        if (await find.ExecuteScalarAsync(cancellationToken) is null)
        {
            // A name cannot be a parameter here; quoted, it is data all the same. template0 is never in use by another session.
            var quoted = name.Replace("\"", "\"\"", StringComparison.Ordinal);
            await using var create = new NpgsqlCommand($"create database \"{quoted}\" template template0", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Stops it cleanly: open transactions are rolled back, what was committed is flushed. Idempotent.</summary>
    public async Task StopAsync()
    {
        if (stopped)
        {
            return;
        }

        stopped = true;
        foreach (var signal in (int[])[Signal.Interrupt, Signal.Quit, Signal.Kill])
        {
            if (Exited.IsCompleted || await EndsAsync(signal))
            {
                break;
            }
        }

        process.Dispose();
        if (home is not null)
        {
            await home.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => new(StopAsync());

    internal static async Task<PostgresServer> StartAsync(
        string folder, IPEndPoint endpoint, PostgresTuning tuning, Action<string> log, CancellationToken cancellationToken, TemporaryHome? home = null)
    {
        var opened = await PostgresFolder.OpenAsync(Path.GetFullPath(folder), tuning, cancellationToken);
        for (var tried = 1; ; tried++)
        {
            var chosen = endpoint.Port == 0 ? FreePort.Find(endpoint.Address) : endpoint;
            var server = await LaunchAsync(opened, chosen, tuning, log, home);
            try
            {
                await server.WaitUntilReadyAsync(cancellationToken);
                await server.CreateDatabaseAsync("muster", cancellationToken);
                return server;
            }
            catch (LocalException) when (endpoint.Port == 0 && tried < Tries && server.output.Contains("could not create any TCP/IP sockets"))
            {
                // Another took the free port in between.
                await server.AbandonAsync();
            }
            catch
            {
                await server.AbandonAsync();
                throw;
            }
        }
    }

    private static async Task<PostgresServer> LaunchAsync(
        PostgresFolder folder, IPEndPoint endpoint, PostgresTuning tuning, Action<string> log, TemporaryHome? home)
    {
        var settings = tuning.Settings
            .SetItem("listen_addresses", endpoint.Address.ToString())
            .SetItem("port", endpoint.Port.ToString(CultureInfo.InvariantCulture))
            .SetItem("unix_socket_directories", "");
        string[] options =
        [
            "-D", folder.Data,
            .. settings.OrderBy(setting => setting.Key, StringComparer.Ordinal).SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" }),
        ];
        var output = new OutputTail(log);
        var process = await Children.StartAsync(
            new ProcessStartInfo(Path.Combine(folder.Programs, "postgres"), options) { WorkingDirectory = "/" }, deathSignal: "QUIT", folder.Privileges);
        output.Follow(process);
        return new PostgresServer(folder, endpoint, process, output, home);
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await AnswersAsync(cancellationToken))
        {
            if (Exited.IsCompleted)
            {
                throw new LocalException(Local.ExitCode.Failed, $"PostgreSQL on {EndPoint} did not start: {output.Why()}");
            }

            if (TimeProvider.System.GetElapsedTime(started) > StartPatience)
            {
                throw new LocalException(Local.ExitCode.Failed, $"PostgreSQL on {EndPoint} does not answer: {output.Why()}");
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false;Timeout=5");
            await connection.OpenAsync(cancellationToken);

            // Another server on the same endpoint would not know our password; but say so instead of waiting.
            return !Exited.IsCompleted;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            throw new LocalException(Local.ExitCode.Port, $"another PostgreSQL listens on {EndPoint}");
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task<bool> EndsAsync(int signal)
    {
        Signal.Send(ProcessId, signal);
        try
        {
            await Exited.WaitAsync(StopPatience, TimeProvider.System, CancellationToken.None);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task AbandonAsync()
    {
        await EndsAsync(Signal.Quit);
        process.Dispose();
    }

    private async Task<int> WaitForExitAsync()
    {
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }
}
