using Microsoft.Extensions.Logging;
using Muster.Storage.Log;
using Npgsql;

namespace Muster.Storage.Postgres.Log;

/// <summary>What the parts of the log share.</summary>
internal sealed record PostgresLogContext(NpgsqlDataSource Source, EventLogOptions Options, TimeProvider Clock, ILogger Logger);
