using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Muster.Errors;

namespace Muster.Releases;

/// <summary>Takes in a body piece by piece: each is staged in the store, then part of the file, durably, before the next one is read. Never more than one in memory.</summary>
internal sealed class UploadReceiver(ArtifactStore store, IGrainFactory grains, IOptions<ReleaseOptions> options)
{
    /// <summary>What is acknowledged, and lost with a connection, at once.</summary>
    internal const int PieceBytes = 4 * 1024 * 1024;

    private readonly ArrayPool<byte> buffers = ArrayPool<byte>.Create(PieceBytes, options.Value.MaxUploads);

    /// <summary>Appends the body to a file of which so much came.</summary>
    /// <returns>How much of it came now, or why it ended.</returns>
    internal async Task<(long Received, Refusal? Why)> ReceiveAsync(UploadTurn turn, HttpRequest request, long offset, CancellationToken cancellationToken)
    {
        var buffer = buffers.Rent(PieceBytes);
        try
        {
            while (true)
            {
                var read = await request.Body.ReadAtLeastAsync(buffer.AsMemory(0, PieceBytes), PieceBytes, throwOnEndOfStream: false, cancellationToken);
                if (read == 0)
                {
                    return (offset, null);
                }

                if (offset + read > options.Value.MaxArtifactBytes)
                {
                    return (offset, ReleaseRules.TooLarge(options.Value.MaxArtifactBytes));
                }

                if (!await KeepAsync(turn, offset, new ArraySegment<byte>(buffer, 0, read)))
                {
                    return (offset, new Refusal(HubErrorCode.UploadOffsetConflict, "Another request is at this upload, or it has too many pieces: ask by HEAD where it stands."));
                }

                offset += read;
            }
        }
        finally
        {
            buffers.Return(buffer);
        }
    }

    // Not cut off by the client's leaving: what was read may be kept.
    private async Task<bool> KeepAsync(UploadTurn turn, long offset, ArraySegment<byte> bytes)
    {
        var hasher = turn.HasherAt(offset);
        var piece = new UploadPiece(Guid.NewGuid(), bytes.Count);
        using var content = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        await store.Blobs.PutBlockAsync(ArtifactBlobs.Upload(turn.UploadId), piece.BlockId.ToByteArray(), content, CancellationToken.None);
        if (!await grains.GetGrain<IArtifactUploadGrain>(turn.UploadId).AppendAsync(offset, piece))
        {
            return false;
        }

        hasher?.Append(piece, bytes);
        return true;
    }
}
