using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Muster.Simulation.Updates;

/// <summary>
/// Downloads what a manifest names, hashes it while it comes, and keeps none of it. What breaks off is taken up where it broke off, by Range.
/// </summary>
internal sealed class ArtifactDownload(HttpClient http, TimeProvider clock)
{
    /// <summary>Tries in a row that bring nothing.</summary>
    internal const int MaxFailures = 5;

    private const int BufferBytes = 64 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="cutOnce">Whether to break off half-way through the first file, once.</param>
    /// <param name="onPercent">Called with 0 to 100, of all files together.</param>
    /// <returns>Null: every file came, and is what the manifest says.</returns>
    internal async Task<DownloadProblem?> RunAsync(UpdateManifest manifest, bool cutOnce, Action<int> onPercent, CancellationToken cancellationToken)
    {
        long before = 0;
        foreach (var file in manifest.Files)
        {
            var done = before;
            using var transfer = new Transfer(file, cutOnce ? file.Size / 2 : null, bytes => onPercent((int)(100 * (done + bytes) / Math.Max(1, manifest.Size))));
            if (await FileAsync(transfer, cancellationToken) is { } problem)
            {
                return problem;
            }

            before += file.Size;
            cutOnce = false;
        }

        return null;
    }

    private async Task<DownloadProblem?> FileAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        for (var failures = 0; failures < MaxFailures;)
        {
            var before = transfer.Offset;
            try
            {
                if (await TryAsync(transfer, cancellationToken))
                {
                    return transfer.IsRight ? null : DownloadProblem.Checksum;
                }
            }
            catch (HttpRequestException refused) when (refused.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                // It is shorter than the manifest says.
                return DownloadProblem.Checksum;
            }
            catch (HttpRequestException refused) when (IsFinal(refused.StatusCode))
            {
                return DownloadProblem.Network;
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
            }

            failures = transfer.Offset > before ? 0 : failures + 1;
            await Task.Delay(Backoff.Delay(failures, 0), clock, cancellationToken);
        }

        return DownloadProblem.Network;
    }

    private static bool IsFinal(HttpStatusCode? status) =>
        status is >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not HttpStatusCode.TooManyRequests;

    /// <summary>Whether the file came to its end.</summary>
    private async Task<bool> TryAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        using var request = transfer.Request();
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        response.EnsureSuccessStatusCode();
        transfer.Begin(response);
        await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, patience.Token)) > 0 && !transfer.IsTooLong)
            {
                transfer.Take(buffer.AsSpan(0, read));
                patience.CancelAfter(Patience);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return transfer.IsAtEnd;
    }

    /// <summary>One file on its way.</summary>
    private sealed class Transfer(UpdateFile file, long? cutAt, Action<long> onBytes) : IDisposable
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private EntityTagHeaderValue? tag;

        internal long Offset { get; private set; }

        internal bool IsTooLong => Offset > file.Size;

        internal bool IsAtEnd => Offset >= file.Size;

        internal bool IsRight => Offset == file.Size && hash.GetCurrentHash().AsSpan().SequenceEqual(file.Sha256.AsSpan());

        internal HttpRequestMessage Request()
        {
            var request = new HttpRequestMessage(HttpMethod.Get, file.Url);
            if (Offset > 0)
            {
                request.Headers.Range = new(Offset, null);
                request.Headers.IfRange = tag is { IsWeak: false } ? new(tag) : null;
            }

            return request;
        }

        // The whole file again where a part was asked for: it has changed, or the server knows no ranges.
        internal void Begin(HttpResponseMessage response)
        {
            tag = response.Headers.ETag;
            if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != Offset)
            {
                _ = response.StatusCode == HttpStatusCode.PartialContent ? throw new HttpRequestException("another part than was asked for") : hash.GetHashAndReset();
                Offset = 0;
            }
        }

        internal void Take(ReadOnlySpan<byte> bytes)
        {
            var isCut = cutAt is { } cut && Offset + bytes.Length >= cut;
            var taken = isCut ? bytes[..(int)Math.Max(0, cutAt!.Value - Offset)] : bytes;
            hash.AppendData(taken);
            Offset += taken.Length;
            onBytes(Math.Min(Offset, file.Size));
            if (isCut)
            {
                cutAt = null;
                throw new IOException("cut on request");
            }
        }

        public void Dispose() => hash.Dispose();
    }
}
