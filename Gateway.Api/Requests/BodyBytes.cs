namespace Muster.Http;

/// <summary>Reads a body up to a bound. Compiled into the hub too, which may not look into this room.</summary>
internal static class BodyBytes
{
    /// <summary>Null if there is more than <paramref name="max"/>.</summary>
    internal static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Microsoft.AspNetCore.Http.HttpRequest request, int max, CancellationToken cancellationToken)
    {
        if (request.ContentLength > max)
        {
            return null;
        }

        using var buffer = new MemoryStream((int)(request.ContentLength ?? 1024));
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                buffer.Write(segment.Span);
            }

            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (buffer.Length > max)
            {
                return null;
            }

            if (read.IsCompleted)
            {
                return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
            }
        }
    }
}
