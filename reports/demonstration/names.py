"""Names in several scripts. Everybody here is invented."""

# pool, language, family names, given names
PEOPLE = (
    (
        0,
        "ar",
        "Rahman Haddadin Fakhoury Mansoori Barakat Haidar Sabah Qureshi Tawfiq Khalil Nasr Zayed "
        "Darwish Shami Saleh Hamdan Kanaan Awad Ghanem Mahdi",
        "Layla Karim Hessa Youssef Rima Sami Adeel Mona Hind Faisal Noura Salim Dina Walid Amina "
        "Bilal Jana Nabil Rania Ziad",
    ),
    (
        1,
        "ar",
        "الرحمن حداد فاخوري المنصوري بركات حيدر الصباح قريشي توفيق خليل ناصر زايد",
        "ليلى كريم حصة يوسف ريما سامي منى هند فيصل نورة سالم دينا",
    ),
    (
        2,
        "en",
        "Menon Iyer Sharma Patel Nair Reddy Fernandes Pillai Gupta Bose Rao Khanna",
        "Divya Arjun Priya Rahul Anita Vikram Kavya Sanjay Meera Rohan Leela Nikhil",
    ),
    (
        3,
        "pt",
        "Silva Santos Ferreira Gonçalves Araújo Magalhães Conceição Brandão Simões Leitão Sá Vieira",
        "Inês João António Conceição Luís Mafalda Tomás Beatriz Rúben Leonor Martim Graça",
    ),
    (
        4,
        "en",
        "Anderson Okafor Lindqvist O'Brien Delacroix Nguyen Washington Kowalski Müller Castillo "
        "Novak Petersen",
        "Anne Chidi Maja Sean Maria Linh Grace Piotr Jürgen Lucía Petra Lars",
    ),
    (5, "ru", "Петров Иванова Соколов Морозова Лебедев Козлова", "Илья Анна Дмитрий Ольга Сергей Мария"),
    (6, "zh", "王 李 张 刘 陈 杨", "伟 芳 娜 敏 静 强"),
    (7, "el", "Παπαδόπουλος Νικολάου Γεωργίου Δημητρίου", "Γιώργος Μαρία Νίκος Ελένη"),
)

FIRMS = (
    "Gulf Lantern|Blue Reef|Saffron|Salmiya|Noor|Marina|Crescent|Oasis|Palm|Atlas|Beacon|Cedar|"
    "Harbourside|Juniper|Meridian|Northwind|Pearl|Quartz|Riverside|Summit"
)
TRADES = (
    "Hotel|Diving LLC|Court|Press|Trading LLC|Bakery|Logistics|Clinic|Grocery|Motors|Interiors|"
    "Restaurant|Textiles|Foods|Printing"
)

AREAS = "Marina|Old Town|Harbour|Garden City|North Shore|University"
BUILDINGS = "Tower 1|Tower 2|Tower 3|Lake House|Palm Court|Rose Building|East Wing|Station House"
