using System.Buffers;
using Amqp.Sasl;
using Muster.Access;
using Muster.Calls;
using Muster.Mqtt;

namespace Muster.Amqp;

/// <summary>
/// What a connection says before AMQP: nothing at all (Azure's IoT SDKs), or SASL. It ends with the client's AMQP header in the buffer, not read:
/// AMQPNetLite's client sends it with its first frame at once, rhea only after the outcome, and rhea loses what comes glued to the outcome.
/// </summary>
internal sealed class SaslFront(TokenCheck check, EngineLog log)
{
    /// <summary>Null: the client was refused, or went away. The time for all this is the wire's.</summary>
    /// <param name="wire">From its first byte on.</param>
    /// <param name="tokens">Gets the token of SASL PLAIN.</param>
    public async Task<SaslMechanism?> NegotiateAsync(Wire wire, TokenBook tokens)
    {
        try
        {
            var header = await PeekAsync(wire, AmqpLimits.HeaderSize);
            if (header is null || header.AsSpan().SequenceEqual(SaslFrames.AmqpHeader))
            {
                return header is null ? null : SaslMechanism.None;
            }

            await SendAsync(wire, SaslFrames.SaslHeader.ToArray());
            return header.AsSpan().SequenceEqual(SaslFrames.SaslHeader) ? await SaslAsync(wire, tokens) : null;
        }
        catch (Exception e) when (ConnectionErrors.IsConnectionError(e))
        {
            return null;
        }
        catch (Exception e) when (CallFaults.IsTransient(e))
        {
            log.CheckFailed(0, e);
            return null;
        }
    }

    private async Task<SaslMechanism?> SaslAsync(Wire wire, TokenBook tokens)
    {
        await TakeAsync(wire, AmqpLimits.HeaderSize);
        await SendAsync(wire, SaslFrames.Mechanisms());
        if (await ReadInitAsync(wire) is not { } init)
        {
            return null;
        }

        var mechanism = await JudgeAsync(init, wire, tokens);
        await SendAsync(wire, SaslFrames.Outcome(mechanism is not null));
        return mechanism is not null && await PeekAsync(wire, AmqpLimits.HeaderSize) is not null ? mechanism : null;
    }

    private async ValueTask<SaslMechanism?> JudgeAsync(SaslInit init, Wire wire, TokenBook tokens) => (string?)init.Mechanism switch
    {
        SaslNames.Anonymous => SaslMechanism.Anonymous,
        SaslNames.Mssbcbs => SaslMechanism.Mssbcbs,
        SaslNames.External => wire.ClientCertificate is null ? null : SaslMechanism.External,
        SaslNames.Plain => await IsPlainAsync(init.InitialResponse, tokens) ? SaslMechanism.Plain : null,
        _ => null,
    };

    private async ValueTask<bool> IsPlainAsync(byte[]? response, TokenBook tokens) =>
        PlainUser.Parse(response) is { } user
        && SasToken.TryParse(user.Password, out var token)
        && user.Owns(token)
        && await check.AdmitAsync(tokens, user.Name, user.Password) is null;

    private static async Task<SaslInit?> ReadInitAsync(Wire wire)
    {
        var start = await PeekAsync(wire, sizeof(uint));
        if (start is null || SaslFrames.SizeOf(start) is not { } size || await PeekAsync(wire, size) is not { } frame)
        {
            return null;
        }

        await TakeAsync(wire, size);
        return SaslFrames.ReadInit(frame);
    }

    private static async Task SendAsync(Wire wire, byte[] bytes) => await wire.Output.WriteAsync(bytes);

    private static async Task TakeAsync(Wire wire, int count)
    {
        var read = await wire.Input.ReadAtLeastAsync(count);
        wire.Input.AdvanceTo(read.Buffer.GetPosition(count));
    }

    /// <summary>The first bytes, which stay in the buffer; null if the client goes before it has sent as many.</summary>
    private static async Task<byte[]?> PeekAsync(Wire wire, int count)
    {
        var read = await wire.Input.ReadAtLeastAsync(count);
        var bytes = read.Buffer.Length >= count ? read.Buffer.Slice(0, count).ToArray() : null;
        wire.Input.AdvanceTo(read.Buffer.Start, bytes is null ? read.Buffer.End : read.Buffer.Start);
        return bytes;
    }
}
