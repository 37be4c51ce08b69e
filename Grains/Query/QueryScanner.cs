using System.Buffers;
using System.Globalization;
using System.Text;

namespace Muster.Query;

/// <summary>Reads the small parts of a query's text: names, numbers, strings and signs.</summary>
internal sealed class QueryScanner(string text)
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    public int Position { get; private set; }

    /// <summary>The next character that is not white space; NUL at the end.</summary>
    public char Peek()
    {
        while (Position < text.Length && char.IsWhiteSpace(text[Position]))
        {
            Position++;
        }

        return Position < text.Length ? text[Position] : '\0';
    }

    public bool AtEnd => Peek() == '\0' && Position >= text.Length;

    public bool TrySign(string sign)
    {
        Peek();
        var found = string.CompareOrdinal(text, Position, sign, 0, sign.Length) == 0;
        Position += found ? sign.Length : 0;
        return found;
    }

    public void Expect(string sign, string where)
    {
        if (!TrySign(sign))
        {
            throw Error($"'{sign}' is expected {where}, not {Found()}.");
        }
    }

    /// <summary>The name that begins here, without reading on; empty if none does.</summary>
    public ReadOnlySpan<char> PeekWord()
    {
        var first = Peek();
        return char.IsLetter(first) || first is '_' or '$' ? Run(Position) : [];
    }

    /// <summary>Whether the name that begins here is that keyword, in whatever case.</summary>
    public bool IsWord(string keyword) => PeekWord().Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the name that begins here, which is <paramref name="word"/>, is called as a function.</summary>
    public bool IsCall(string word)
    {
        var rest = text.AsSpan(Position + word.Length).TrimStart();
        return !rest.IsEmpty && rest[0] == '(';
    }

    public bool TryKeyword(string keyword)
    {
        var found = IsWord(keyword);
        Position += found ? keyword.Length : 0;
        return found;
    }

    /// <summary>A name, or one in double brackets; a plain one may begin with a digit.</summary>
    public string Name(string what)
    {
        Peek();
        if (TrySign("[["))
        {
            return Bracketed();
        }

        var name = Run(Position).ToString();
        if (name.Length == 0)
        {
            throw Error($"{what} is expected, not {Found()}.");
        }

        Position += name.Length;
        return name;
    }

    /// <summary>A number as IoT Hub writes them: decimal, with exponent, or hexadecimal with <c>0x</c>.</summary>
    public double Number()
    {
        Peek();
        var start = Position;
        var value = TrySign("0x") || TrySign("0X") ? Hexadecimal(start) : Decimal(start);
        if (!double.IsFinite(value))
        {
            throw new QueryException("The number is too large.", start);
        }

        if (Position < text.Length && (IsNameCharacter(text[Position]) || text[Position] == '.'))
        {
            throw new QueryException("The number is malformed.", start);
        }

        return value;
    }

    /// <summary>A string in either kind of quotes.</summary>
    public string String()
    {
        var quote = Peek();
        var start = Position++;
        var value = new StringBuilder();
        while (Position < text.Length && text[Position] != quote)
        {
            value.Append(text[Position] == '\\' ? Escape() : text[Position++]);
        }

        if (Position >= text.Length)
        {
            throw new QueryException("The string that begins here does not end.", start);
        }

        Position++;
        return WellFormed(value.ToString(), start);
    }

    /// <summary>What stands here, for people.</summary>
    public string Found()
    {
        var first = Peek();
        var word = Run(Position);
        return AtEnd ? "the end" : $"'{(word.IsEmpty ? first.ToString() : word[..Math.Min(word.Length, 40)])}'";
    }

    public QueryException Error(string message)
    {
        Peek();
        return new QueryException(message, Position);
    }

    private static bool IsNameCharacter(char c) => char.IsLetterOrDigit(c) || c is '_' or '$' || char.IsSurrogate(c);

    private ReadOnlySpan<char> Run(int from)
    {
        var to = from;
        while (to < text.Length && IsNameCharacter(text[to]))
        {
            to++;
        }

        return text.AsSpan(from, to - from);
    }

    private string Bracketed()
    {
        var start = Position - 2;
        var end = text.IndexOf("]]", Position, StringComparison.Ordinal);
        if (end <= Position)
        {
            throw new QueryException(end < 0 ? "The name that begins here does not end in ']]'." : "The name is empty.", start);
        }

        var name = text[Position..end];
        Position = end + 2;
        return WellFormed(name, start);
    }

    private double Hexadecimal(int start)
    {
        var digits = Run(Position);
        if (!ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw new QueryException("The hexadecimal number is malformed or too large.", start);
        }

        Position += digits.Length;
        return value;
    }

    private double Decimal(int start)
    {
        var digits = SkipDigits();
        digits += TrySignHere('.') ? SkipDigits() : 0;
        if (digits > 0 && (TrySignHere('e') || TrySignHere('E')))
        {
            _ = TrySignHere('+') || TrySignHere('-');
            digits = SkipDigits();
        }

        return digits > 0
            ? double.Parse(text.AsSpan(start, Position - start), NumberStyles.Float, CultureInfo.InvariantCulture)
            : throw new QueryException("The number is malformed.", start);
    }

    private bool TrySignHere(char sign)
    {
        var found = Position < text.Length && text[Position] == sign;
        Position += found ? 1 : 0;
        return found;
    }

    private int SkipDigits()
    {
        var rest = text.AsSpan(Position);
        var length = rest.IndexOfAnyExcept(Digits);
        length = length < 0 ? rest.Length : length;
        Position += length;
        return length;
    }

    private char Escape()
    {
        var start = Position;
        var sign = start + 1 < text.Length ? text[start + 1] : '\0';
        Position += 2;
        return sign switch
        {
            '\'' or '"' or '\\' or '/' => sign,
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => Unicode(start),
            _ => throw new QueryException(@"The escape is none of \' \"" \\ \/ \b \f \n \r \t \uXXXX.", start),
        };
    }

    private char Unicode(int start)
    {
        var digits = text.AsSpan(Position, Math.Min(4, text.Length - Position));
        if (digits.Length < 4 || !ushort.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            throw new QueryException(@"\u is followed by four hexadecimal digits.", start);
        }

        Position += 4;
        return (char)code;
    }

    private static string WellFormed(string value, int start)
    {
        for (var i = 0; i < value.Length; i++)
        {
            if (char.IsSurrogate(value[i]) && !(i + 1 < value.Length && char.IsSurrogatePair(value[i], value[++i])))
            {
                throw new QueryException("Half of a surrogate pair is not a character.", start);
            }
        }

        return value;
    }
}
