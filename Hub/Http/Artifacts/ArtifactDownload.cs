using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Muster.Calls;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Sends an artifact, or a part of it, block by block, each one verified. A block that is not what it was ends the response and withdraws the artifact.</summary>
internal sealed partial class ArtifactDownload(BlockCache cache, ArtifactCatalog catalog, DeviceRates rates, ILogger<ArtifactDownload> logger)
{
    /// <summary>What one TLS record holds: with the server's usual segments of 4 KiB there would be four times as many.</summary>
    private const int SegmentBytes = 16 * 1024;

    private const int FlushBytes = 128 * 1024;

    internal async Task SendAsync(HttpContext http, OpenArtifact artifact, DownloadConditions part, string deviceId)
    {
        using var rate = rates.Enter(deviceId);
        try
        {
            // The first one before anything is said: what is known to be damaged is not begun.
            var first = (int)(part.Offset / ArtifactBlocks.Bytes);
            (await cache.LeaseAsync(artifact, first)).Dispose();
            await http.Response.StartAsync(http.RequestAborted);
            await CopyAsync(http, artifact, part, rate);
        }
        catch (ArtifactDamagedException damage)
        {
            await catalog.WithdrawAsync(damage);
            await EndAsync(http, new Refusal(HubErrorCode.ReleaseWithdrawn, damage.Message));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Whoever asked is gone.
        }
        catch (Exception fault) when (fault is IOException || CallFaults.IsTransient(fault))
        {
            LogUnreadable(fault, artifact.Sha256);
            await EndAsync(http, ArtifactProblem.Unavailable);
        }
    }

    private async Task CopyAsync(HttpContext http, OpenArtifact artifact, DownloadConditions part, DeviceRates.Download? rate)
    {
        var (offset, end) = (part.Offset, part.Offset + part.Length);
        while (offset < end)
        {
            var (index, from) = Math.DivRem(offset, ArtifactBlocks.Bytes);
            using var block = await cache.LeaseAsync(artifact, (int)index);
            var bytes = block.Bytes[(int)from..(int)Math.Min(block.Bytes.Length, from + end - offset)];
            if (!await WriteAsync(http.Response.BodyWriter, bytes, rate, http.RequestAborted))
            {
                return;
            }

            offset += bytes.Length;
        }
    }

    /// <summary>False if nobody reads any more.</summary>
    private static async ValueTask<bool> WriteAsync(PipeWriter writer, ReadOnlyMemory<byte> bytes, DeviceRates.Download? rate, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var now = bytes[..Math.Min(bytes.Length, FlushBytes)];
            await (rate?.WaitAsync(now.Length, cancellationToken) ?? Task.CompletedTask);
            Copy(writer, now.Span);
            bytes = bytes[now.Length..];
            if ((await writer.FlushAsync(cancellationToken)).IsCompleted)
            {
                return false;
            }
        }

        return true;
    }

    private static void Copy(PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var segment = writer.GetSpan(SegmentBytes);
            var length = Math.Min(Math.Min(bytes.Length, segment.Length), SegmentBytes);
            bytes[..length].CopyTo(segment);
            writer.Advance(length);
            bytes = bytes[length..];
        }
    }

    private static Task EndAsync(HttpContext http, Refusal why)
    {
        if (http.Response.HasStarted)
        {
            // Once a byte is out, nothing but a broken connection can say that the rest does not come.
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        return new ArtifactProblem(why).ExecuteAsync(http);
    }

    [LoggerMessage(EventId = 8114, Level = LogLevel.Warning, Message = "The artifact {Sha256} could not be read now")]
    private partial void LogUnreadable(Exception fault, string sha256);
}
