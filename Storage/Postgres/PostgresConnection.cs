using System.Globalization;
using Npgsql;

namespace Muster.Storage.Postgres;

/// <summary>How connections are made, and what to tell the operator if they are not.</summary>
internal static class PostgresConnection
{
    /// <summary>The default of <see cref="PostgresSettings.AbandonedAfter"/>.</summary>
    public static readonly TimeSpan AbandonedAfter = TimeSpan.FromSeconds(15);

    /// <exception cref="StoreUnavailableException">Not a connection string.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString);
        }
        catch (ArgumentException e)
        {
            // Not its message: it may repeat the text, and the text holds a secret.
            throw new StoreUnavailableException("Storage:ConnectionString is not a connection string that Npgsql can read.", e);
        }
    }

    /// <summary>
    /// The server's options of a connection, with its bounds for a client that is gone: one that says nothing in a transaction, that does not take what is
    /// sent to it, or whose machine does not answer. None of them counts while a statement runs or waits for a lock.
    /// </summary>
    /// <param name="options">The operator's own; where they name one of the bounds, theirs is the one that holds.</param>
    /// <param name="after">How long each of them may last, from 3 s.</param>
    public static string Bounded(string? options, TimeSpan after)
    {
        var (milliseconds, third) = ((int)after.TotalMilliseconds, (int)Math.Max(1, after.TotalSeconds / 3));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"-c idle_in_transaction_session_timeout={milliseconds} -c tcp_user_timeout={milliseconds} -c tcp_keepalives_idle={third} -c tcp_keepalives_interval={third} -c tcp_keepalives_count=2 {options}")
            .Trim();
    }

    /// <summary>Connections that anyone may borrow.</summary>
    /// <param name="connections">How many at most.</param>
    public static NpgsqlDataSource Pool(NpgsqlConnectionStringBuilder connectionString, PostgresSettings settings, int connections) => Source(
        new NpgsqlConnectionStringBuilder(connectionString.ConnectionString)
        {
            MaxPoolSize = connections,
            Options = Bounded(connectionString.Options, settings.AbandonedAfter),
        },
        settings);

    /// <summary>Connections that run a few statements over and over, by key.</summary>
    public static NpgsqlDataSource ByKey(NpgsqlConnectionStringBuilder connectionString, PostgresSettings settings)
    {
        var seconds = (int)Math.Max(1, settings.Patience.TotalSeconds);

        // The planner thinks of empty tables, and of a hundred rows; what comes is always by key, and a scan would also lock in another order.
        var options = string.Create(
            CultureInfo.InvariantCulture,
            $"{Bounded(connectionString.Options, settings.AbandonedAfter)} -c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off -c enable_seqscan=off -c statement_timeout={seconds}s -c jit=off");
        return Source(
            new NpgsqlConnectionStringBuilder(connectionString.ConnectionString)
            {
                Pooling = false,

                // Only so that batches find what a lane has prepared; what is prepared under way is lost to Npgsql if its batch fails.
                MaxAutoPrepare = 64,
                AutoPrepareMinUsages = int.MaxValue,
                WriteBufferSize = 1 << 16,
                ReadBufferSize = 1 << 16,
                CommandTimeout = seconds,
                CancellationTimeout = 500,
                Timeout = Math.Min(seconds, 5),
                Options = options,
            },
            settings);
    }

    /// <summary>One line, without a secret.</summary>
    public static StoreUnavailableException Unavailable(NpgsqlConnectionStringBuilder connectionString, Exception why)
    {
        var reason = why is PostgresException postgres ? postgres.MessageText : (why.InnerException ?? why).Message;
        return new StoreUnavailableException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"The database '{connectionString.Database}' at {connectionString.Host}:{connectionString.Port} cannot be used: {reason.ReplaceLineEndings(" ")}"),
            why);
    }

    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder connectionString, PostgresSettings settings)
    {
        connectionString.ApplicationName ??= "muster";
        var builder = new NpgsqlDataSourceBuilder(connectionString.ConnectionString);
        builder.UseLoggerFactory(settings.Loggers);
        return builder.Build();
    }
}
