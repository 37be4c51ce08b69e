namespace Muster.Survival;

/// <summary>What a device sent in this round, what was acknowledged, and what was read back: at least once each, at most once for each time that it was sent.</summary>
internal sealed class TelemetryJournal(string whose, Faults faults)
{
    private readonly Dictionary<int, Message> messages = [];
    private readonly Lock guard = new();

    internal int Last { get; private set; }

    /// <summary>The number of the newest message that was acknowledged; 0 for none.</summary>
    internal int LastAcknowledged { get; private set; }

    internal int Next()
    {
        lock (guard)
        {
            messages[++Last] = new Message();
            return Last;
        }
    }

    internal void Sent(int number)
    {
        lock (guard)
        {
            messages[number].Sent++;
        }
    }

    internal void Acknowledge(int number)
    {
        lock (guard)
        {
            messages[number].IsAcknowledged = true;
            LastAcknowledged = number;
        }
    }

    internal void Seen(int number, string where)
    {
        lock (guard)
        {
            if (messages.TryGetValue(number, out var message))
            {
                message.Seen++;
                message.Where = where;
            }
            else if (number > Last)
            {
                faults.Add($"{whose}: message {number} was read back at {where}, but {Last} was the last one sent");
            }
        }
    }

    /// <summary>Reports what is missing or too often there, and forgets the round.</summary>
    /// <returns>Messages acknowledged, and events beyond one for each.</returns>
    internal (int Acknowledged, int Repeated) Close()
    {
        lock (guard)
        {
            var counts = (messages.Values.Count(one => one.IsAcknowledged), messages.Values.Sum(one => Math.Max(0, one.Seen - 1)));
            foreach (var (number, message) in messages)
            {
                if (message.IsAcknowledged && message.Seen == 0)
                {
                    faults.Add($"{whose}: message {number} was acknowledged (sent {message.Sent} times) and is not in the event log");
                }
                else if (message.Seen > message.Sent)
                {
                    faults.Add($"{whose}: message {number} was sent {message.Sent} times and is in the event log {message.Seen} times, last at {message.Where}");
                }
            }

            messages.Clear();
            return counts;
        }
    }

    private sealed class Message
    {
        public int Sent { get; set; }

        public int Seen { get; set; }

        public bool IsAcknowledged { get; set; }

        public string Where { get; set; } = "";
    }
}
